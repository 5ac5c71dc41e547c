"""DynamoDB's notation, held against boto3's serializer, which is the reference where both know a value."""

from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from gatepost.storage.values import notation, plain

_reference = TypeSerializer()


class _Word(StrEnum):
    ACTIVE = "active"


_numbers = st.integers(-(10**38) + 1, 10**38 - 1)
_scalars = st.none() | st.booleans() | st.text() | _numbers | st.binary()
_sets = st.sets(st.text(), min_size=1) | st.sets(_numbers, min_size=1) | st.sets(st.binary(), min_size=1)
_values = st.recursive(
    _scalars | _sets, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4)
)


@given(_values)
def test_a_value_is_written_as_boto3_writes_it_and_comes_back_as_it_was(value: Any) -> None:
    written: Any = notation(value)
    assert TypeDeserializer().deserialize(written) == TypeDeserializer().deserialize(_reference.serialize(value))
    assert plain(written) == value


@given(_numbers)
def test_a_number_comes_back_whole(number: int) -> None:
    assert type(plain(notation(number))) is int


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (_Word.ACTIVE, {"S": "active"}),
        ((1, "a"), {"L": [{"N": "1"}, {"S": "a"}]}),
        (MappingProxyType({"a": True}), {"M": {"a": {"BOOL": True}}}),
        (frozenset({"a"}), {"SS": ["a"]}),
    ],
)
def test_what_is_like_a_value_is_written_as_one(value: Any, written: dict[str, Any]) -> None:
    assert notation(value) == written
    assert type(next(iter(notation(_Word.ACTIVE).values()))) is str


@pytest.mark.parametrize("value", [1.5, set(), {"a", 1}, {None}, {True}, object()])
def test_what_dynamodb_has_no_notation_for_is_refused_before_it_is_sent(value: Any) -> None:
    with pytest.raises(TypeError):
        notation(value)


@pytest.mark.parametrize("number", [10**38, -(10**38)])
def test_a_number_that_dynamodb_would_refuse_is_refused_before_it_is_sent(number: int) -> None:
    with pytest.raises(ValueError, match="38 digits"):
        notation(number)
