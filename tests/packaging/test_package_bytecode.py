"""The bytecode in the package: the runtime's, of every file, and the same whoever builds."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.packaging import package
from tests.packaging.package import Package

MAGIC = (3571).to_bytes(2, "little") + b"\r\n"  # Python 3.13
UNCHECKED_HASH = (0b01).to_bytes(4, "little")  # PEP 552

#: Every file name in the code of the .pyc files on stdin, as {.pyc: [names]}.
_FILENAMES = """\
import json, marshal, sys, types
def names(code):
    yield code.co_filename
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from names(constant)
json.dump({
    file: sorted(set(names(marshal.loads(open(file, "rb").read()[16:]))))
    for file in json.load(sys.stdin)
}, sys.stdout)
"""


#: The folder of ours in each.
OURS = {"ApiFunction": "service/", "ExpiryWatcher": "aws/"}


def bytecode_of(name: str) -> str:
    path = Path(name)
    return str(path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc")


def source_of(name: str) -> str:
    """Of a .pyc file, wherever it lies."""
    return (
        name.replace("__pycache__/", "").replace(".cpython-313.pyc", ".py").replace(".pyc", ".py")
    )


def test_every_file_has_bytecode_that_needs_no_date(built: Package) -> None:
    contents = built.contents
    sources = {name for name in contents if name.endswith(".py")}
    compiled = {name for name in contents if name.endswith(".pyc")}
    others = {name for name in compiled if not name.startswith(OURS[built.function])}
    assert compiled - others == set(map(bytecode_of, sources))
    heads = {contents[name][:8] for name in compiled}
    assert heads == {MAGIC + UNCHECKED_HASH}
    assert len(compiled) > {"ApiFunction": 200, "ExpiryWatcher": 70}[built.function]


def test_of_others_the_bytecode_stands_where_the_source_stood(built: Package) -> None:
    """Python takes it from there alone, and of ours the source is there to be read."""
    sources = {name for name in built.files if name.endswith(".py")}
    assert {name for name in sources if not name.startswith(OURS[built.function])} == set()
    assert sources
    compiled = {name for name in built.files if name.endswith(".pyc")}
    others = {name for name in compiled if not name.startswith(OURS[built.function])}
    assert "cryptography/__init__.pyc" in others
    assert [name for name in others if "__pycache__" in name] == []


def test_a_traceback_names_the_files_as_they_lie_in_lambda(built: Package) -> None:
    files = {str(built.folder / n): source_of(n) for n in built.files if n.endswith(".pyc")}
    done = subprocess.run(
        [package.runtime_python(), "-c", _FILENAMES],
        input=json.dumps(list(files)), capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found == {file: [f"/var/task/{name}"] for file, name in files.items()}


def test_nothing_in_it_says_where_it_was_built(built: Package) -> None:
    for name, data in built.contents.items():
        if name.endswith(".pyc"):
            assert str(built.folder).encode() not in data, name
            assert b"/package-" not in data, name


def test_who_builds_again_gets_the_same_bytes(built: Package, tmp_path: Path) -> None:
    """SAM's hash of the code decides whether there is something to deploy."""
    home = tmp_path / "elsewhere"
    home.mkdir()
    settings = {
        "PYTHONHASHSEED": "5",
        "PYTHONOPTIMIZE": "2",
        "PYTHONPYCACHEPREFIX": str(tmp_path / "prefix"),
        "PYTHONWARNINGS": "error",
        "PIP_USER": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "TMPDIR": str(home),
    }
    before = os.umask(0o077)
    try:
        env = {**package.environment(tmp_path), "ARCHITECTURE": built.architecture, **settings}
        done = package.make(tmp_path, env, built.function)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    again = Package(built.function, built.architecture, tmp_path / "artifacts")
    assert again.files.keys() == built.files.keys()
    assert [n for n, data in again.contents.items() if data != built.contents[n]] == []
    assert again.modes == built.modes
    assert list(home.iterdir()) == []
