"""CloudFormation's intrinsic functions."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local.errors import StackError
from local.intrinsics import Resolver, load_yaml

REFERENCES = {"Name": "ada", "Empty": "", "AWS::Region": "eu-west-1"}
ATTRIBUTES = {("Table", "Arn"): "arn:table", ("Table", "Stream.Arn"): "arn:stream"}
CONDITIONS = {
    "Named": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, ""]}]},
    "Unnamed": {"Fn::Not": [{"Condition": "Named"}]},
    "Both": {"Fn::And": [{"Condition": "Named"}, {"Fn::Equals": [1, "1"]}]},
    "Either": {"Fn::Or": [{"Condition": "Unnamed"}, {"Condition": "Both"}]},
}


@pytest.fixture
def resolver() -> Resolver:
    return Resolver(REFERENCES.__getitem__, lambda name, attribute: ATTRIBUTES[name, attribute], CONDITIONS)


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def load(text: str) -> dict[str, Any]:
        file = tmp_path / "template.yaml"
        file.write_text(text)
        return load_yaml(file)

    return load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref Name", "ada"),
        ("!GetAtt Table.Arn", "arn:table"),
        ("!GetAtt Table.Stream.Arn", "arn:stream"),
        ("!GetAtt [Table, Arn]", "arn:table"),
        ("!Sub '${Name} in ${AWS::Region}: ${Table.Arn} ${!Literal}'", "ada in eu-west-1: arn:table ${Literal}"),
        ("!Sub ['${Name} ${Other}', { Other: !Ref Empty }]", "ada "),
        ("!Join ['-', [a, !Ref Name, 1]]", "a-ada-1"),
        ("!Split ['-', !Join ['-', [a, !Ref Name]]]", ["a", "ada"]),
        ("!Select [1, !Split [',', 'a,b']]", "b"),
        ("!If [Named, yes it is, no]", "yes it is"),
        ("!If [Unnamed, a, [1, !Ref Name]]", [1, "ada"]),
        ("!If [Both, 1, 2]", 1),
        ("!If [Either, 1, 2]", 1),
        ("Fn::Join: ['', [x, Ref: Name]]", "xada"),
        ("{ a: { b: [!Ref Name, 2] }, c: plain }", {"a": {"b": ["ada", 2]}, "c": "plain"}),
    ],
)
def test_functions_and_their_short_forms(load: Any, resolver: Resolver, text: str, value: Any) -> None:
    assert resolver.resolve(load(f"value: {text}" if "Fn::" not in text else f"value:\n  {text}")["value"], "here") == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"Ref": "Nobody"}, "Resource X: !Ref Nobody names no parameter or resource of the template."),
        ({"Fn::GetAtt": ["Table", "Colour"]}, "Resource X: the local stack doesn't know !GetAtt Table.Colour."),
        ({"Fn::Sub": "${Table.Colour}"}, "Resource X: the local stack doesn't know !GetAtt Table.Colour."),
        (
            {"Fn::ImportValue": "v"},
            "Resource X: the local stack can't compute Fn::ImportValue of 'v'. Add it to local/intrinsics.py.",
        ),
        ({"Fn::If": ["Sunny", 1, 2]}, "Resource X: the template has no condition Sunny."),
    ],
)
def test_what_it_does_not_know_is_named_with_its_place(resolver: Resolver, expression: Any, message: str) -> None:
    with pytest.raises(StackError) as refusal:
        resolver.resolve(expression, "Resource X")
    assert str(refusal.value) == message


def test_the_place_of_an_error_includes_the_nested_property(resolver: Resolver) -> None:
    with pytest.raises(StackError, match=r"^Resource X\.Variables\.A: "):
        resolver.resolve({"Variables": {"A": {"Ref": "Nobody"}}}, "Resource X")


@pytest.mark.parametrize("text", ["a: [", "just text", "!!python/object/apply:os.getpid []"])
def test_what_is_no_template_is_told_plainly(load: Any, text: str) -> None:
    with pytest.raises(StackError, match="can't be read as a template"):
        load(text)


def test_a_missing_template_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="can't be read as a template"):
        load_yaml(tmp_path / "none.yaml")


def test_loading_leaves_pyyamls_own_loader_alone(load: Any) -> None:
    load("a: !Ref B")
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load("a: !Ref B")
