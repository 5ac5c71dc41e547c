"""`aws SERVICE OPERATION --option value`, as far as documents use it: the same models of AWS say what an option is, and the
call goes where every call of this process goes.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-types.html
"""

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import jmespath
from botocore import xform_name
from botocore.model import Shape
from botocore.session import get_session

_GLOBAL = {"query", "output", "region"}


class Misused(Exception):
    """The command line of AWS would refuse this."""


def run(arguments: Sequence[str]) -> str:
    """Return what `aws` prints with these arguments.

    Raises:
        Misused: there's no such service, operation or option.
        ClientError: AWS refuses.
    """
    service, operation, *rest = arguments
    session = get_session()
    if service not in session.get_available_services():
        raise Misused(f"no service {service}")
    client = session.create_client(service)
    method = operation.replace("-", "_")
    if method not in client.meta.method_to_api_mapping:
        raise Misused(f"{service} has no operation {operation}")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    members = {xform_name(name, "-"): (name, member) for name, member in (shape.members if shape else {}).items()}
    told, asked = {}, {}
    for option, values in _options(rest):
        if option in _GLOBAL:
            told[option] = values[0]
        elif option in members:
            name, member = members[option]
            asked[name] = _value(member, values)
        else:
            raise Misused(f"{service} {operation} has no option --{option}")
    if client.can_paginate(method):
        answer = client.get_paginator(method).paginate(**asked).build_full_result()
    else:
        answer = getattr(client, method)(**asked)
    answer.pop("ResponseMetadata", None)
    return _printed(jmespath.search(told["query"], answer) if "query" in told else answer, told.get("output", "json"))


def _options(arguments: Sequence[str]) -> list[tuple[str, list[str]]]:
    options: list[tuple[str, list[str]]] = []
    for is_option, words in groupby(arguments, lambda word: word.startswith("--")):
        if is_option:
            options += [(word.removeprefix("--"), []) for word in words]
        elif options:
            options[-1][1].extend(words)
        else:
            raise Misused("values before an option")
    return options


def _value(shape: Shape, words: list[str]) -> Any:
    match shape.type_name:
        case "boolean":
            return True
        case "integer" | "long":
            return int(words[0])
        case "float" | "double":
            return float(words[0])
        case "list":
            return words
        case "structure" | "map":
            return json.loads(words[0])
    return words[0]


def _printed(answer: Any, output: str) -> str:
    if output == "json":
        return f"{json.dumps(answer, indent=4, default=_plain)}\n" if answer else ""
    listed = answer if isinstance(answer, list) else [answer]
    rows = listed if any(isinstance(row, list) for row in listed) else [listed]
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
