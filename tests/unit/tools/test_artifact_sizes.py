"""The table of sizes and its bounds, on a made-up build."""

from pathlib import Path

import pytest

from tools import artifact_sizes
from tools.artifact_sizes import MB


def build(folder: Path, **megabytes: float) -> Path:
    """Make files of these sizes, by their paths with `__` for a slash."""
    for name, size in megabytes.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as content:
            content.truncate(int(size * MB))
    return folder


def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the tool."""
    monkeypatch.setattr("sys.argv", ["artifact_sizes.py", str(folder)])
    return artifact_sizes.main()


@pytest.mark.parametrize(("megabytes", "code"), [(39.0, 0), (39.1, 1)])
def test_a_function_with_rules_and_all_its_layers_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], megabytes: float, code: int
) -> None:
    build(
        tmp_path,
        AccountFunction__functions__app=1,
        ApiLayer__python__fastapi__api=megabytes,
        RuntimeLayer__python__cryptography__rust=20,
    )
    assert run(tmp_path, monkeypatch) == code
    printed = capsys.readouterr().out
    assert ("too large, 60 MB are promised" in printed) == bool(code)
    assert f"AccountFunction        1.00 MB, {megabytes + 21:5.2f} MB with its layers" in printed


@pytest.mark.parametrize(("megabytes", "code"), [(3.0, 0), (3.1, 1)])
def test_the_authorizer_is_bounded_by_what_it_has_beyond_cryptography(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], megabytes: float, code: int
) -> None:
    build(
        tmp_path,
        AuthorizerFunction__functions__app=1,
        RuntimeLayer__python__jwt__api=2,
        RuntimeLayer__python__cryptography__hazmat__rust=15,
        VerifierLayer__python__gatepost_verifier__tokens=megabytes,
    )
    assert run(tmp_path, monkeypatch) == code
    assert (
        f"AuthorizerFunction     1.00 MB,  {megabytes + 3:.2f} MB with its layers beyond cryptography"
        in capsys.readouterr().out
    )
