"""What `sam build` made of ours and of the peers, for this machine, to be run as Lambda runs it."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.figures import CannotMeasureError
from benchmarks.programs import Program, program
from local import TEMPLATE
from local.model import Function
from local.template import read_template
from tests.e2e.built import PYTHON, THIS_MACHINE, Lambda
from tools.trim_artifacts import compile_artifact, trim

ROOT = Path(__file__).parent.parent
_AUTHORIZER = Path("functions/authorizer/template.yaml")
_PEERS = ROOT / ".aws-sam/peers/build/template.yaml"
ISSUER, AUDIENCE = "https://auth.example.com", "https://api.example.com"
_ROUTES = "GET /orders = orders:read; POST /orders = orders:write & mfa"
PARAMETERS = {
    TEMPLATE: {
        "Issuer": ISSUER,
        "Audience": AUDIENCE,
        "FirstAdminEmail": "admin@example.com",
        "MailFrom": "no-reply@example.com",
    },
    _AUTHORIZER: {"Issuer": ISSUER, "Audience": AUDIENCE, "Routes": _ROUTES},
}


def account() -> Function:
    """The account function."""
    return _ours(TEMPLATE, "AccountFunction")


def authorizer() -> Function:
    """The authorizer."""
    return _ours(_AUTHORIZER, "AuthorizerFunction")


def peer(name: str) -> Function:
    """A function of `peers/template.yaml`, as plain `sam build` made it."""
    return _built(_PEERS, {}, name)


def compiled(function: Function, folder: Path, *, trimmed: bool = False) -> Function:
    """Return a copy of a peer in `folder`, with bytecode as ours has it; `trimmed` of what is taken from ours, too."""
    copy = folder / f"{function.logical_id}{'-trimmed' * trimmed}"
    shutil.copytree(function.code, copy)
    if trimmed:
        trim(copy)
    if not compile_artifact(copy):
        raise CannotMeasureError(f"{function.logical_id} can't be compiled")
    return replace(function, name=copy.name, code=copy)


@contextmanager
def runtime() -> Iterator[tuple[Lambda, Path]]:
    """Give what functions run in, whose AWS answers nothing, and a folder, inside the block."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        functions = Lambda(folder, "http://127.0.0.1:9")
        try:
            yield functions, folder
        finally:
            functions.stop()


@contextmanager
def answering(runtime: Lambda, function: Function, module: str, *arguments: str) -> Iterator[Program]:
    """Run a program of `benchmarks.answering` with the packages of `function`, inside the block."""
    environment = runtime.environment(function) | settings(function)
    # Of this project, the benchmarks alone can be imported, and what they need of the standard library.
    with TemporaryDirectory() as name:
        Path(name, "benchmarks").symlink_to(ROOT / "benchmarks")
        environment["PYTHONPATH"] += f"{os.pathsep}{name}"
        # X-Ray isn't there.
        environment["POWERTOOLS_TRACE_DISABLED"] = "true"
        with program([str(PYTHON), "-S", "-m", module, *arguments], environment, function.code) as running:
            yield running


def settings(function: Function) -> dict[str, str]:
    """Return what a function's environment has beside what its template says."""
    # As in Lambda, where the code can't be written to.
    common = {"PYTHONDONTWRITEBYTECODE": "1"}
    return common | (_key_pair() if function.handler == "app.main.handler" else {})


@cache
def _key_pair() -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {"JWT_PRIVATE_KEY": private.decode(), "JWT_PUBLIC_KEY": public.decode()}


def _ours(template: Path, name: str) -> Function:
    return _built(THIS_MACHINE / template.parent.name / "build/template.yaml", PARAMETERS[template], name)


def _built(template: Path, parameters: Mapping[str, str], name: str) -> Function:
    if not template.is_file() or not PYTHON.is_file():
        raise CannotMeasureError(f"{template.relative_to(ROOT)} isn't built: run make bench, which builds all")
    return read_template(template, "bench", parameters).functions[name]
