"""What lies in git and in the images: no key, nothing that is not named."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.packaging.test_arrows import imports

ROOT = Path(__file__).resolve().parents[2]
KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{16}")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def test_no_tracked_file_holds_a_private_key() -> None:
    files = tracked()
    assert len(files) > 50
    assert [file for file in files if KEY.search(file.read_bytes())] == []
    assert [file for file in files if file.suffix in {".key", ".p12", ".pfx", ".jks"}] == []


def test_the_key_pattern_finds_a_key() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    assert KEY.search(pem)


def test_git_ignores_what_the_pki_makes() -> None:
    for name in (".pki/ca.pem", ".pki/clients/a.key", ".pki/index.sqlite", ".run/x", ".venv/x"):
        checked = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False)
        assert checked.returncode == 0, name


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [
        (
            "service",
            {
                *("*.py", "blueprints/*.py", "contract/*.py", "orders/*.py", "registry/*.py"),
                *("revocation/*.py", "tokens/*.py"),
                "registry/cli/*.py",
                *("requirements.txt", "requirements-gunicorn.txt"),
            },
        ),
        ("proxy", {"run", "*.conf", "nginx.conf.template", "*.py"}),
        ("pki", {"*.py", "cli/*.py", "lint/*.py", "requirements.txt"}),
    ],
)
def test_an_image_context_is_an_allow_list(folder: str, allowed: set[str]) -> None:
    lines = (ROOT / folder / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    assert {line.removeprefix("!") for line in lines[1:]} == allowed
    assert all(line.startswith("!") for line in lines[1:])


def pins(name: str) -> dict[str, str]:
    """Package → version of one list, those it includes left out."""
    lines = (ROOT / name).read_text().splitlines()
    return {
        match[1].lower(): match[2]
        for line in lines
        if (match := re.match(r"([A-Za-z0-9_.-]+)(?:\[\w+\])?==([^\s#]+)", line))
    }


LISTS = (
    "requirements.txt",
    "service/requirements.txt",
    "service/requirements-gunicorn.txt",
    "pki/requirements.txt",
    "aws/requirements.txt",
    "aws/watcher/requirements.txt",
)


def test_every_requirement_is_pinned_and_says_why() -> None:
    for name in LISTS:
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert re.match(r"\S+==\S+\s+# \w+", line), f"{name}: {line}"


def test_two_lists_never_disagree() -> None:
    seen: dict[str, str] = {}
    for name in LISTS:
        for package, version in pins(name).items():
            assert seen.setdefault(package, version) == version, package


def test_the_pins_are_complete() -> None:
    """What pip installed beyond the lists would be unpinned."""
    from importlib.metadata import distributions

    wanted = {p.replace("_", "-") for name in LISTS for p in pins(name)} | {"pip", "setuptools"}
    installed = {str(d.metadata["Name"]).lower().replace("_", "-") for d in distributions()}
    assert installed - wanted == set()


def test_base_images_are_the_agreed_ones() -> None:
    files = list(ROOT.glob("*/*Dockerfile"))
    assert len(files) == 5
    for file in files:
        (image,) = re.findall(r"(?m)^FROM (\S+)", file.read_text())
        assert image in {
            "python:3.13-slim-trixie",
            "debian:trixie-slim",
            "public.ecr.aws/lambda/python:3.13",
        }


def test_the_gateway_image_gets_what_it_imports_and_no_key_code() -> None:
    allowed = (ROOT / "proxy/gateway.Dockerfile.dockerignore").read_text().split()
    assert allowed[0] == "*"
    needed, todo = set(), ["acceptance", "truststore", "errors", "__init__"]
    while todo:
        name = todo.pop()
        needed.add(name)
        for module in imports(ROOT / f"pki/{name}.py"):
            found = module.removeprefix("pki.").split(".")[0]
            if module.startswith("pki.") and (ROOT / f"pki/{found}.py").exists():
                todo += [found] if found not in needed else []
    assert {line for line in allowed[1:] if "pki/" in line} == {
        "!pki/requirements.txt",
        *(f"!pki/{name}.py" for name in needed),
    }
    assert needed.isdisjoint({"keys", "authority", "store", "staging", "issuance"})
