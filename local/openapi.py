"""The OpenAPI description of the API, made from the functions' own routes: `python -m local.openapi [--check]`.

It is committed as openapi.json; `make check` fails when it isn't current.
"""

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from functions.account import routes as account
from functions.admin import routes as admin
from gatepost.web.app import create_app
from gatepost.web.problems import Problem

FILE = Path(__file__).parent.parent / "openapi.json"


def describe(*apps: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of all routes of `apps`."""
    routes = [route for app in apps for route in app.routes]
    document = get_openapi(
        title="Gatepost",
        version="1",
        summary="Sign-up, sign-in, sessions and administration.",
        description="Errors are problem documents (RFC 9457): switch on `code`.",
        routes=routes,
    )
    _, problem = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    schemas = document["components"]["schemas"]
    schemas |= problem["$defs"]
    return _without_unused_schemas(document)


def _without_unused_schemas(document: dict[str, Any]) -> dict[str, Any]:
    """Drop what FastAPI names but no route uses, its own validation error first of all."""
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    document["components"]["schemas"] = {name: schema for name, schema in schemas.items() if f'schemas/{name}"' in text}
    return document


def current() -> str:
    """Return the text that openapi.json should have."""
    return json.dumps(describe(*_apps()), indent=2, ensure_ascii=False) + "\n"


def _apps() -> list[FastAPI]:
    """One app for each function that answers HTTP; routes alone, since a whole function wants its settings."""
    return [create_app(*function.ROUTERS) for function in (account, admin)]


def main(arguments: list[str]) -> int:
    """Write openapi.json, or with --check say whether it's current."""
    text = current()
    if "--check" not in arguments:
        FILE.write_text(text)
        return 0
    if FILE.exists() and FILE.read_text() == text:
        return 0
    print("openapi.json is not current: run `make openapi` and commit it.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
