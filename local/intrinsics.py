"""CloudFormation's YAML tags and intrinsic functions, as far as our templates use them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from local.errors import StackError

NO_VALUE: Final = object()
"""What `AWS::NoValue` resolves to: the property or list element that holds it is left out."""

_SUB_VARIABLE = re.compile(r"\$\{(!?[^}]+)\}")


class _Loader(yaml.CSafeLoader):
    """A safe loader that reads the short forms: `!Ref X` is `{"Ref": "X"}`, `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`.

    By libyaml, which every wheel of PyYAML has with it: without it, a third of a second of each start went into our template.
    """


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise TypeError(f"YAML has no node of type {type(node)}")
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


def load_yaml(path: Path) -> dict[str, Any]:
    """Return the template at `path`, intrinsic functions in their long form.

    Raises:
        StackError: if the file is missing or isn't YAML.
    """
    try:
        return dict(yaml.load(path.read_text(encoding="utf-8"), _Loader))  # noqa: S506 - a SafeLoader
    except (OSError, yaml.YAMLError, TypeError, ValueError) as exc:
        raise StackError(f"{path} can't be read as a template: {exc}") from exc


class Resolver:
    """Computes the intrinsic functions of one template.

    `references` and `attributes` say what `Ref` and `Fn::GetAtt` mean for the template's parameters, resources and pseudo
    parameters; they raise `KeyError` for what they don't know.
    """

    def __init__(
        self,
        references: Callable[[str], Any],
        attributes: Callable[[str, str], Any],
        conditions: Mapping[str, Any],
    ) -> None:
        self._references = references
        self._attributes = attributes
        self._conditions = conditions

    def resolve(self, value: Any, where: str) -> Any:
        """Return `value` with every intrinsic function in it replaced by its result.

        `where` names the resource and property for the message of an error.

        Raises:
            StackError: if a function, name or attribute is unknown.
        """
        if isinstance(value, list):
            items = (self.resolve(item, where) for item in value)
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name == "Ref" or str(name).startswith("Fn::"):
                return self._call(name, argument, where)
        members = {name: self.resolve(member, f"{where}.{name}") for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not NO_VALUE}

    def condition(self, name: str, where: str) -> bool:
        """Return whether the condition `name` of the template holds. Raises `StackError` if there is none of that name."""
        if name not in self._conditions:
            raise StackError(f"{where}: the template has no condition {name}.")
        return self._holds(self._conditions[name], f"condition {name}")

    def _holds(self, expression: Any, where: str) -> bool:
        if isinstance(expression, dict) and len(expression) == 1 and "Condition" in expression:
            return self.condition(expression["Condition"], where)
        return bool(self.resolve(expression, where))

    def _call(self, name: str, argument: Any, where: str) -> Any:
        match name, argument:
            case "Ref", str():
                return self._reference(argument, where)
            case "Fn::GetAtt", [str() as resource, str() as attribute]:
                return self._attribute(resource, attribute, where)
            case "Fn::Sub", str():
                return self._substitute(argument, {}, where)
            case "Fn::Sub", [str() as text, dict() as variables]:
                return self._substitute(text, self.resolve(variables, where), where)
            case "Fn::Join", [str() as separator, parts]:
                return separator.join(str(part) for part in self.resolve(parts, where))
            case "Fn::Split", [str() as separator, text]:
                return str(self.resolve(text, where)).split(separator)
            case "Fn::Select", [index, items]:
                return self._select(self.resolve(index, where), self.resolve(items, where), where)
            case "Fn::If", [str() as condition, yes, no]:
                return self.resolve(yes if self.condition(condition, where) else no, where)
            case "Fn::Equals", [one, other]:
                # CloudFormation compares parameters as the strings they were given as.
                return str(self.resolve(one, where)) == str(self.resolve(other, where))
            case "Fn::Not", [expression]:
                return not self._holds(expression, where)
            case "Fn::And", [*expressions]:
                return all(self._holds(expression, where) for expression in expressions)
            case "Fn::Or", [*expressions]:
                return any(self._holds(expression, where) for expression in expressions)
        raise StackError(f"{where}: the local stack can't compute {name} of {argument!r}. Add it to local/intrinsics.py.")

    def _select(self, index: Any, items: Any, where: str) -> Any:
        if not isinstance(items, list) or not 0 <= int(index) < len(items):
            raise StackError(f"{where}: !Select {index} finds nothing in {items!r}.")
        return items[int(index)]

    def _reference(self, name: str, where: str) -> Any:
        try:
            return self._references(name)
        except KeyError:
            raise StackError(f"{where}: !Ref {name} names no parameter or resource of the template.") from None

    def _attribute(self, resource: str, attribute: str, where: str) -> Any:
        try:
            return self._attributes(resource, attribute)
        except KeyError:
            raise StackError(f"{where}: the local stack doesn't know !GetAtt {resource}.{attribute}.") from None

    def _substitute(self, text: str, variables: Mapping[str, Any], where: str) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in variables:
                return str(variables[name])
            resource, dot, attribute = name.partition(".")
            return str(self._attribute(resource, attribute, where) if dot else self._reference(name, where))

        return _SUB_VARIABLE.sub(value, text)
