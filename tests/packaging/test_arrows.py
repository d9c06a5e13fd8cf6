"""Who may import whom (architecture: arrows); found in the code as text."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Whoever has cloud credentials reaches none of these, nor what imports them.
KEYS = ("pki.keys", "pki.authority", "pki.store", "pki.issuance", "pki.staging", "pki.cli")

# The one exception to "aws/ touches no private key": ACM wants that of a certificate it imports.
# This file reads it as octets and hands it over; it knows no cryptography, and nobody else does it.
KEY_TO_ACM = "aws/certificate_key.py"

# folder: what it must never import
NEVER = {
    "service": {"pki", "proxy", "aws", "stack", "tests", "click", "boto3", "gunicorn"},
    "proxy": {"service", "aws", "flask", "boto3", "pki.keys", "pki.authority", "pki.store"},
    "pki": {"service", "proxy", "aws", "stack", "tests", "boto3", "flask"},
    "aws": {"service", "proxy", "stack", "tests", "flask", *KEYS},
    "stack": {"service", "proxy", "pki", "aws", "tests", "click", "flask", "cryptography"},
}
PURE = (
    "certificate",
    "policy",
    "sources",
    "chain",
    *("revocation/crl", "revocation/der", "revocation/index", "revocation/issuer"),
    *("tokens/bearer", "tokens/claims", "tokens/jwks"),
)
# Imported when it is called, by who asks for it: no import at the head of a file.
LAZY = {
    "service/revocation/s3.py": {"boto3"},
    "service/registry/dynamodb_table.py": {"boto3"},
}
# Of the service, Flask's commands may know what Flask makes them of, and nothing else may.
COMMANDS = {"click"}
# Where the environment is read, and where something is printed: there, and in folders called cli.
ENVIRONMENT = {"config.py", "cli.py", "gunicorn.conf.py", "container.py"}
PRINTS = {"cli.py"}


def imports(file: Path) -> Iterator[str]:
    """Every module that *file* imports, absolute, with the names taken from it."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def broken(file: Path, never: set[str]) -> list[str]:
    return [name for name in imports(file) if any((name + ".").startswith(n + ".") for n in never)]


def reached(start: str) -> set[str]:
    """What importing the module *start* of ours imports of ours, and what that does, and so on."""
    found: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        path = ROOT.joinpath(*name.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name not in found and file.is_file() and name.partition(".")[0] in NEVER:
            found.add(name)
            todo += imports(file)
    return found


def is_command(file: str) -> bool:
    return file == "service/wsgi.py" or file.startswith("service/registry/cli/")


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", NEVER)
def test_no_folder_imports_what_it_must_not(folder: str) -> None:
    found = {str(f.relative_to(ROOT)): broken(f, NEVER[folder]) for f in files(folder)}
    but = {f: LAZY.get(f, set()) | (COMMANDS if is_command(f) else set()) for f in found}
    assert {f: b for f, names in found.items() if (b := {*names} - but[f])} == {}


@pytest.mark.parametrize("file", files("aws"), ids=lambda file: str(file.relative_to(ROOT)))
def test_whoever_has_cloud_credentials_reaches_no_key_through_others(file: Path) -> None:
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    assert reached(module) & set(KEYS) == set()


def test_a_key_that_is_reached_through_others_is_seen() -> None:
    """The teeth: what publishes the CRL also signs it; what reads it does not."""
    assert {"pki.authority", "pki.keys"} <= reached("pki.publication")
    assert reached("pki.index") & set(KEYS) == set()
    assert reached("pki.crl") & set(KEYS) == set()
    assert "pki.index" in reached("aws.cli.expiry")


def test_what_the_watcher_is_shipped_with_needs_nothing_of_the_rest() -> None:
    ours = {name.partition(".")[0] for name in reached("aws.watcher.handler")}
    assert ours == {"aws"}


def test_one_file_of_aws_alone_hands_a_key_to_anybody() -> None:
    """It is handed to ACM under this name; nobody else says it, or can parse a key."""
    for file in files("aws"):
        name, text = str(file.relative_to(ROOT)), file.read_text()
        assert ("PrivateKey=" in text) == (name == KEY_TO_ACM), file
        assert ("import_certificate(" in text) == (name == KEY_TO_ACM), file
        for parses in ("load_pem_private_key", "load_der_private_key", "private_bytes"):
            assert parses not in text, file


def test_the_file_that_hands_it_over_cannot_parse_it_or_say_it() -> None:
    file = ROOT / KEY_TO_ACM
    assert broken(file, {"cryptography", "ssl", "logging", "click", "sys", "tempfile"}) == []


@pytest.mark.parametrize("name", LAZY)
def test_what_is_imported_lazily_is_not_imported_at_the_head(name: str) -> None:
    head = ast.parse((ROOT / name).read_text()).body
    modules = [alias.name for node in head if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module or "" for node in head if isinstance(node, ast.ImportFrom)]
    assert set(modules) & LAZY[name] == set()
    assert LAZY[name] <= set(imports(ROOT / name))


def modules(folder: str) -> dict[str, set[str]]:
    """Each module of *folder*, and what it imports of them, lazily too."""
    names = {f: ".".join(f.relative_to(ROOT).with_suffix("").parts) for f in files(folder)}
    return {name: set(imports(file)) & set(names.values()) for file, name in names.items()}


@pytest.mark.parametrize("folder", NEVER)
def test_no_file_imports_in_a_circle(folder: str) -> None:
    graphlib.TopologicalSorter(modules(folder)).prepare()


@pytest.mark.parametrize("name", PURE)
def test_the_pure_files_of_the_service_know_neither_flask_nor_the_system(name: str) -> None:
    assert broken(ROOT / f"service/{name}.py", {"flask", "werkzeug", "os", "sys"}) == []


def test_the_environment_is_read_in_one_place_per_folder() -> None:
    for folder in NEVER:
        for file in files(folder):
            if file.parent.name != "cli" and file.name not in ENVIRONMENT and folder != "stack":
                assert "os.environ" not in file.read_text(), file
                assert "getenv" not in file.read_text(), file


def test_only_command_lines_print() -> None:
    for folder in NEVER:
        for file in files(folder):
            if file.name in PRINTS or file.parent.name == "cli":
                continue
            calls = [n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Call)]
            assert not [c for c in calls if getattr(c.func, "id", "") == "print"], file


def test_files_stay_small() -> None:
    for folder in (*NEVER, "tests", "bench"):
        for file in files(folder):
            assert len(file.read_text().splitlines()) <= 300, file


def test_functions_stay_small() -> None:
    for folder in (*NEVER, "tests", "bench"):
        for file in files(folder):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.FunctionDef):
                    assert (node.end_lineno or 0) - node.lineno < 40, f"{file}: {node.name}"


def test_a_broken_arrow_is_seen() -> None:
    """The teeth of the tests above."""
    file = ROOT / "service/app.py"
    assert broken(file, {"flask"})
    assert broken(file, {"service.blueprints"})
    assert not broken(file, {"servic"})
    assert "service.revocation.on_demand" in modules("service")["service.app"]
