"""service/Makefile: what it takes, what it leaves, and how it fails."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from service.packaging.package import (
    FUNCTIONS,
    VERSION,
    CannotPack,
    drop,
    hand_over,
    pack,
    without_symbols,
)
from stack.settings import ROOT
from tests.conftest import require
from tests.packaging import package
from tests.packaging.package import Package, Packages

NO_PYTHON = (
    "error: Python 3.13 was not found, the runtime's bytecode needs it\n"
    "  hint: install python3.13 (or: uv python install 3.13),"
    " or build in SAM's image: sam build --use-container\n"
)
SECRET = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIB\n"
STRAYS = (
    *("server.key", "truststore.pem", "notes.txt", ".env", "data.json", "deploy.sh", ".hidden.txt"),
    *("blueprints/server.key", "blueprints/notes.txt", "tests/test_app.py", "pki/ca.key"),
)


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What it wrote to stderr, without make's own last line."""
    assert done.returncode != 0
    return re.sub(r"(?m)^make(\[\d+\])?: \*\*\* .*\n?", "", done.stderr)


def programs(folder: Path, fakes: Mapping[str, str] = {}) -> str:
    """A PATH with what the Makefile calls, and with scripts for *fakes*, but without a Python."""
    folder.mkdir()
    for name in {"make", "sh", "uname"} - fakes.keys():
        (folder / name).symlink_to(require(name))
    for name, script in fakes.items():
        (folder / name).write_text(f"#!{folder}/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def test_a_new_blueprint_is_shipped_and_nothing_else_that_lies_around(
    api: Package, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "service", source, ignore=shutil.ignore_patterns("__pycache__"))
    for stray in STRAYS:
        (source / stray).parent.mkdir(exist_ok=True)
        (source / stray).write_text(SECRET)
    (source / "blueprints/hello.py").write_text("GREETING = 'hello'\n")
    (source / "types.py").write_text("raise RuntimeError('not the standard library')\n")
    alone = {"PATH": programs(tmp_path / "bin"), "PYTHON313": package.runtime_python()}
    env = package.environment(tmp_path, ARCHITECTURE=api.architecture, **alone)
    done = package.make(tmp_path, env)
    assert done.returncode == 0, done.stderr
    made = Package("ApiFunction", api.architecture, tmp_path / "artifacts")
    assert made.files.keys() - api.files.keys() == {
        "service/types.py",
        "service/__pycache__/types.cpython-313.pyc",
        "service/blueprints/hello.py",
        "service/blueprints/__pycache__/hello.cpython-313.pyc",
    }
    assert api.files.keys() <= made.files.keys()
    assert [name for name, data in made.contents.items() if b"MIGHAgEAMBMGByqGSM49" in data] == []


def test_of_the_operators_folder_nothing_is_shipped_but_what_the_watcher_needs(
    packages: Packages, tmp_path: Path
) -> None:
    """Built as in SAM's image: the Makefile in a mount of its own, and nothing else."""
    source, mounted = tmp_path / "source", tmp_path / "the manifest"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "aws", source, ignore=ignored)
    shutil.copytree(ROOT / "service", mounted, ignore=ignored)
    for stray in ("server.key", "push.py", "publisher/truststore.pem", "watcher/notes.txt", ".env"):
        (source / stray).write_text(SECRET)
    env = package.environment(tmp_path, ARCHITECTURE="arm64")
    done = package.make(tmp_path, env, "ExpiryWatcher", mounted / "Makefile")
    assert done.returncode == 0, done.stderr
    made = Package("ExpiryWatcher", "arm64", tmp_path / "artifacts")
    assert made.files.keys() == packages["ExpiryWatcher", "arm64"].files.keys()


def test_the_makefile_is_found_where_make_says_no_folder(tmp_path: Path) -> None:
    """As `make -C service` does; the architecture is refused by the script, so it was found."""
    env = package.environment(tmp_path, ARCHITECTURE="mips", ARTIFACTS_DIR=str(tmp_path))
    words = [require("make"), "-C", str(ROOT / "service"), "build-ExpiryWatcher"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert "ARCHITECTURE is 'mips'" in said(done)


def test_every_function_that_the_script_packs_is_in_the_tests_and_in_the_makefile() -> None:
    assert set(FUNCTIONS) == set(package.FOLDERS)
    (targets,) = re.findall(r"(?m)^FUNCTIONS := (.*)$", package.MAKEFILE.read_text())
    assert set(targets.split()) == {f"build-{name}" for name in FUNCTIONS}
    assert {FUNCTIONS[name].package for name in FUNCTIONS} == set(package.FOLDERS.values())


def test_without_the_runtimes_python_it_ends_with_two_lines(tmp_path: Path) -> None:
    """pyenv's python3.13 is on PATH and fails; another python3 is there, and would do it wrong."""
    other = 'case "$*" in *version_info*) exit 1 ;; esac; echo wrong >&2; exit 0'
    fakes = {
        "python3.13": 'echo "pyenv: python3.13: command not found" >&2; exit 127',
        "python3": other,
        "python": other,
        "pyenv": f"echo {tmp_path}/nothing",
        "uv": "exit 2",
    }
    done = package.make(tmp_path, {"PATH": programs(tmp_path / "bin", fakes)})
    assert said(done) == NO_PYTHON
    assert done.stdout == ""
    assert list((tmp_path / "artifacts").iterdir()) == []


def test_the_same_where_none_of_these_programs_is_there(tmp_path: Path) -> None:
    done = package.make(tmp_path, {"PATH": programs(tmp_path / "bin")})
    assert said(done) == NO_PYTHON


@pytest.mark.parametrize("where", ["pyenv", "uv", "PYTHON313"])
def test_the_runtimes_python_is_found_where_it_is_not_on_path(tmp_path: Path, where: str) -> None:
    """The architecture is refused by the script, so that Python was there to run it."""
    found = tmp_path / "with blanks/versions/3.13.9/bin/python3.13"
    found.parent.mkdir(parents=True)
    found.symlink_to(package.runtime_python())
    fakes = {"pyenv": f"echo '{tmp_path}/with blanks'", "uv": f"echo '{found}'"}
    env = {"PYTHON313": str(found)} if where == "PYTHON313" else {}
    path = programs(tmp_path / "bin", {where: fakes[where]} if where in fakes else {})
    done = package.make(tmp_path, {"PATH": path, "ARCHITECTURE": "mips", **env})
    assert "ARCHITECTURE is 'mips'" in said(done)


def test_a_python_that_was_named_and_is_another_is_not_passed_over(tmp_path: Path) -> None:
    wrong = tmp_path / "python3.12"
    wrong.write_text("#!/bin/sh\nexit 1\n")
    wrong.chmod(0o755)
    env = package.environment(tmp_path, PYTHON313=str(wrong))
    assert f"error: Python 3.13 was not found as '{wrong}'" in said(package.make(tmp_path, env))


@pytest.mark.skipif(sys.version_info[:2] == (3, 13), reason="this is the runtime's Python")
def test_another_python_makes_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last fence, should a Makefile call the script with whatever is there."""
    monkeypatch.setattr("service.packaging.package.install", lambda *_: None)
    monkeypatch.chdir(ROOT / "service")
    with pytest.raises(CannotPack, match=f"the runtime's bytecode needs {VERSION}"):
        pack(FUNCTIONS["ApiFunction"], "arm64", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", ["aarch64", "amd64", "ARM64", "", "arm64 x86_64"])
def test_an_unknown_architecture_is_refused(tmp_path: Path, wrong: str) -> None:
    done = package.make(tmp_path, package.environment(tmp_path, ARCHITECTURE=wrong))
    assert said(done) == (
        f"error: ARCHITECTURE is {wrong!r}; expected arm64 or x86_64\n"
        "  hint: ARCHITECTURE=arm64 sam build\n"
    )


@pytest.mark.parametrize(
    ("env", "machine"),
    [
        ({}, "aarch64"),
        ({"ARCHITECTURE": "x86_64"}, "x86_64"),
        ({"LAMBDA_TASK_ROOT": "/var/task"}, "x86_64"),  # SAM's image on such a machine
        ({"LAMBDA_TASK_ROOT": "/var/task", "ARCHITECTURE": "arm64"}, "aarch64"),
    ],
)
def test_wheels_are_asked_for_the_right_processor(
    tmp_path: Path, env: dict[str, str], machine: str
) -> None:
    """Without network pip says which; the machine is said to be x86_64."""
    path = programs(tmp_path / "bin", {"uname": "echo x86_64"})
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PYTHON313": package.runtime_python()}
    done = package.make(tmp_path, package.environment(tmp_path, PATH=path, **offline, **env))
    assert f"wheel for Python 3.13 and manylinux2014_{machine}\n" in said(done)


def test_what_pip_says_is_shown(tmp_path: Path) -> None:
    env = package.environment(tmp_path, PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    lines = said(package.make(tmp_path, env)).splitlines()
    assert re.fullmatch(
        r"error: pip cannot install the wheels for arm64: ERROR: No matching .+ for [\w-]+==\S+",
        lines[0],
    )
    assert lines[1].startswith("  hint: check the network, and that every package in")
    assert len(lines) == 2
    assert list((tmp_path / "artifacts").iterdir()) == []


def test_sam_shows_the_two_lines_and_has_nothing_to_ship(tmp_path: Path) -> None:
    done = package.sam_build(tmp_path, "arm64", ARCHITECTURE="mips")
    assert done.returncode != 0
    assert "error: ARCHITECTURE is 'mips'; expected arm64 or x86_64\n  hint: " in done.stderr
    assert [path for path in package.built(tmp_path).rglob("*") if path.is_file()] == []
    assert not (tmp_path / "build/template.yaml").exists()


def test_a_file_that_does_not_compile_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "service", tmp_path / "source")
    (tmp_path / "source/blueprints/broken.py").write_text("\n\ndef broken(:\n")
    done = package.make(tmp_path, package.environment(tmp_path))
    assert said(done).startswith("error: service/blueprints/broken.py:3: invalid syntax\n  hint: ")
    assert list((tmp_path / "artifacts").iterdir()) == []


@pytest.mark.parametrize("gone", ["errors.py", "watcher"])
def test_a_function_that_lacks_a_file_is_none(tmp_path: Path, gone: str) -> None:
    shutil.copytree(ROOT / "aws", tmp_path / "source")
    (tmp_path / "source" / gone).rename(tmp_path / "gone")
    env = {**package.environment(tmp_path), "ARCHITECTURE": "arm64"}
    done = package.make(tmp_path, env, "ExpiryWatcher")
    assert done.returncode != 0
    expected = "cannot install" if gone == "watcher" else "there is no 'errors.py' in "
    assert expected in done.stderr
    assert list((tmp_path / "artifacts").iterdir()) == []


def test_it_ships_nothing_that_was_there_before(tmp_path: Path) -> None:
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts/server.key").write_text(SECRET)
    done = package.make(tmp_path, package.environment(tmp_path))
    assert "is no empty folder\n  hint: " in said(done)


def test_half_a_package_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def move(source: Path, target: Path) -> None:
        if source.name == "two":
            raise OSError("no space left on device")
        source.rename(target)

    for name in ("package/one/a", "package/two/b", "package/zero/c"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "artifacts").mkdir()
    monkeypatch.setattr("shutil.move", move)
    with pytest.raises(OSError, match="no space"):
        hand_over(tmp_path / "package", tmp_path / "artifacts")
    assert list((tmp_path / "artifacts").iterdir()) == []


@pytest.mark.parametrize("imports", ["import cffi", "from cffi import FFI", "    import pycparser"])
def test_cffi_stays_where_it_is_imported(tmp_path: Path, imports: str) -> None:
    """cryptography needs its extension alone; a requirement of yours may need it all."""
    for name in ("cffi/api.py", "pycparser/ast.py", "pycparser-3.dist-info/METADATA", "yours.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("import cffi\n")
    (tmp_path / "yours.py").write_text(f"try:\n    pass\nfinally:\n    pass\n{imports}\n")
    drop(tmp_path)
    assert (tmp_path / "cffi/api.py").exists()
    assert (tmp_path / "pycparser/ast.py").exists()
    (tmp_path / "yours.py").write_text("# would import cffi\n")
    drop(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["yours.py"]


def test_of_an_extension_all_stays_that_is_ever_loaded(built: Package) -> None:
    """Every segment ends within the file; of what follows, nothing is left and nothing is named."""
    for name, data in built.contents.items():
        if not name.endswith(".so"):
            continue
        (table,) = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        segments = [struct.unpack_from("<IIQQQQ", data, table + n * size) for n in range(count)]
        assert max(offset + length for _, _, offset, _, _, length in segments) == len(data), name
        assert struct.unpack_from("<Q", data, 40) == (0,), name
        assert struct.unpack_from("<HH", data, 60) == (0, 0), name
        assert without_symbols(data) == data


def test_what_is_no_library_of_these_processors_is_left_alone() -> None:
    for data in (b"", b"\x7fELF", b"\x7fELF\1\1" + bytes(64), b"!<arch>\n"):
        assert without_symbols(data) == data


def test_template_and_package_mean_the_same_runtime_and_default() -> None:
    template = (ROOT / "template.yaml").read_text()
    assert set(re.findall(r"(?m)^ +Runtime: (\S+)", template)) == {f"python{VERSION}"}
    (default,) = re.findall(r"(?m)^  Architecture:\n    Type: String\n    Default: (\S+)", template)
    assert default == "arm64"
