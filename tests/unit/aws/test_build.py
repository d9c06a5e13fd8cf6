"""`python -m aws build`: how sam is called, and what its work is worth."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aws import build, sam
from aws.errors import AwsRefused
from stack.settings import ROOT
from tests.unit.aws.project import MACHINES, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, "mtls-api")


def test_sam_gets_the_architecture_and_every_parameter(project: Project) -> None:
    done = project.run("build", "--set", "Architecture=x86_64")
    assert done.exit_code == 0
    (call,) = project.calls
    assert call["env"] == {"ARCHITECTURE": "x86_64", "TRUSTSTORE": None, "SAM_CLI_TELEMETRY": "0"}
    assert call["words"][:2] == ["build", "--parameter-overrides"]
    assert {"Architecture=x86_64", "DomainName=api.example.com", 'AlarmEmail=""'} <= set(
        call["words"]
    )
    assert done.stdout == (
        "built for x86_64: 1 native library in .aws-sam/build\nnext:\n  make deploy\n"
    )


@pytest.mark.parametrize(
    ("configured", "words", "expected"),
    [
        ({}, (), "arm64"),
        ({"Architecture": "x86_64"}, (), "x86_64"),
        ({"Architecture": "x86_64"}, ("--set", "Architecture=arm64"), "arm64"),
    ],
)
def test_the_command_line_counts_more_than_samconfig_and_that_more_than_the_default(
    project: Project, configured: dict[str, str], words: tuple[str, ...], expected: str
) -> None:
    project.configure(**configured)
    assert project.run("build", *words).exit_code == 0
    assert project.calls[0]["env"]["ARCHITECTURE"] == expected


def test_a_build_needs_no_domain_but_an_architecture_that_there_is(project: Project) -> None:
    project.configure(MemorySize="1")
    assert project.run("build").exit_code == 0
    done = project.run("build", "--set", "Architecture=arm46", "--set", "Architektur=arm64")
    assert done.exit_code == 1
    assert "error: parameter.value: Architecture is 'arm46', must be one of arm64" in done.stderr
    assert "hint: did you mean Architecture?" in done.stderr
    assert project.commands == ["build"]


def test_another_environment_of_samconfig_is_handed_on(project: Project) -> None:
    with (project.home / "samconfig.toml").open("a") as file:
        file.write('[prod.deploy.parameters]\nparameter_overrides = "Architecture=x86_64"\n')
    assert project.run("build", "--config-env", "prod").exit_code == 0
    (call,) = project.calls
    assert call["words"][:3] == ["build", "--config-env", "prod"]
    assert call["env"]["ARCHITECTURE"] == "x86_64"


def test_without_a_packed_truststore_nothing_is_built(project: Project) -> None:
    project.packed.unlink()
    done = project.run("build")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: there is no packed truststore 'aws/publisher/trust")
    assert "hint: make truststore" in done.stderr
    assert project.calls == []


@pytest.mark.parametrize(
    ("words", "env", "expected"),
    [
        ((), {"TRUSTSTORE": "none"}, "none"),
        (("--set", "TruststoreUri=s3://bucket/t.pem"), {}, "none"),
        ((), {"TRUSTSTORE": "some/path.pem"}, None),
    ],
)
def test_a_truststore_in_s3_needs_no_packed_one(
    project: Project, words: tuple[str, ...], env: dict[str, str], expected: str | None
) -> None:
    if expected:
        project.packed.unlink()
    assert project.run("build", *words, **env).exit_code == 0
    assert project.calls[0]["env"]["TRUSTSTORE"] == expected


def test_the_failure_of_sam_is_ours(project: Project) -> None:
    project.make_sam(fails={"build": 7})
    done = project.run("build")
    assert (done.exit_code, done.stdout) == (7, "")
    assert done.stderr == "error: sam build failed\n  hint: see what it says above\n"


@pytest.mark.parametrize("other", ["x86_64", "riscv64"])
def test_a_package_for_another_processor_is_refused(project: Project, other: str) -> None:
    project.make_sam(built_for=other)
    done = project.run("build")
    assert done.exit_code == 1
    found = other if other == "x86_64" else "the processor 0xf3"
    assert f"_rust.abi3.so is for {found}, expected one for arm64" in done.stderr


def elf(machine: str) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(11) + bytes([MACHINES[machine], 0]) + bytes(44)


@pytest.mark.parametrize(
    ("name", "content", "is_good"),
    [
        ("a.so", elf("arm64"), True),
        ("libffi.so.8", elf("arm64"), True),
        ("a.so", elf("x86_64"), False),
        ("libffi.so.8", elf("x86_64"), False),
        ("a.cpython-313-darwin.so", b"\xcf\xfa\xed\xfe" + bytes(60), False),
        ("a.so", b"\x7fELF", False),
        ("a.so", b"", False),
        ("a.py", b"", True),
    ],
)
def test_each_native_library_is_looked_at(
    tmp_path: Path, name: str, content: bytes, *, is_good: bool
) -> None:
    (tmp_path / "ApiFunction").mkdir()
    (tmp_path / "ApiFunction" / name).write_bytes(content)
    (tmp_path / "ApiFunction" / "good.so").write_bytes(elf("arm64"))
    if is_good:
        assert build.check(tmp_path, "arm64") == 1 + (".so" in name)
    else:
        with pytest.raises(AwsRefused, match="expected one for arm64"):
            build.check(tmp_path, "arm64")


def test_the_sam_of_the_test_environment_is_taken_where_none_is_on_path(project: Project) -> None:
    ours = project.home / ".venv/tools/sam/bin/sam"
    ours.parent.mkdir(parents=True)
    (project.home / "bin/sam").rename(ours)
    assert project.run("build", PATH="/usr/bin:/bin").exit_code == 0
    assert project.commands == ["build"]
    ours.unlink()
    done = project.run("build", PATH="/nowhere")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: sam is not installed\n  hint: make build")


def test_a_sam_that_does_not_listen_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sam, "_GRACE", 0.1)
    for ignored, ended_by in (("INT", signal.SIGTERM), ("INT TERM", signal.SIGKILL)):
        words = ["sh", "-c", f"trap '' {ignored}; echo; while :; do sleep 0.1; done"]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()  # from here on it ignores
            sam._end(child)
            assert child.returncode == -ended_by


def test_an_interrupted_build_ends_with_its_sam(project: Project) -> None:
    """Ctrl-C is for the whole group of processes, as on a terminal."""
    program, said, errors = (project.home / name for name in ("bin/sam", "said", "errors"))
    program.write_text(
        f"#!/bin/sh\ntrap 'sleep 1; echo stopped > {said}; exit 1' INT\n"
        f"echo started > {said}\nwhile :; do sleep 0.1; done\n"
    )
    env = {"PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    with errors.open("w") as stderr:
        running = subprocess.Popen(
            [sys.executable, "-m", "aws", "build"],
            cwd=project.home,
            env=env,
            stderr=stderr,
            start_new_session=True,
        )
    deadline = time.monotonic() + 60
    while not (said.exists() and said.read_text() == "started\n"):
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    # Not until its output ends: that would be sam's end, and not ours.
    assert running.wait(60) == 130
    assert said.read_text() == "stopped\n"
    assert errors.read_text().strip() == ""
