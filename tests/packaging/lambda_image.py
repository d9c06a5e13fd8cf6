"""A built function in AWS's Lambda image: without network or rights, asked from within."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.models.containers import Container

from stack import probe

IMAGE = "public.ecr.aws/lambda/python:3.13"
MACHINE = "x86_64" if platform.machine().lower() in {"x86_64", "amd64"} else "arm64"
#: POST stdin to the emulator, from within: the container has no network.
ASK = """\
import sys, urllib.request
url = "http://127.0.0.1:8080/2015-03-31/functions/function/invocations"
print(urllib.request.urlopen(url, sys.argv[1].encode(), timeout=60).read().decode())
"""
LOADED = re.compile(
    r"^# code object from '/var/task/(.+?)/(?:__pycache__/(.+)\.cpython-313|([^/]+))\.pyc'$"
)
COMPILED = re.compile(r"^# code object from /var/task/(.+\.py)$")


@dataclass(frozen=True)
class Function:
    """A container that runs a function."""

    container: Container
    module: str
    env: Mapping[str, str]

    def ask(self, event: object) -> Any:
        """What it answers to *event*."""
        return json.loads(self.run("python3", "-c", ASK, json.dumps(event)))

    def imports(self) -> tuple[set[str], set[str]]:
        """The files that a fresh interpreter takes from bytecode, and those it compiles."""
        said = self.run("python3", "-v", "-c", f"import {self.module}").splitlines()
        loaded = {f"{m[1]}/{m[2] or m[3]}.py" for line in said if (m := LOADED.match(line))}
        return loaded, {m[1] for line in said if (m := COMPILED.match(line))}

    def run(self, *words: str) -> str:
        done = self.container.exec_run(list(words), environment=dict(self.env))
        output: str = done.output.decode()
        assert done.exit_code == 0, output
        return output

    def logged(self) -> list[str]:
        """The lines that are JSON, of all that it and the emulator wrote."""
        lines: list[str] = self.container.logs().decode().splitlines()
        return [line for line in lines if line.startswith("{")]

    def listens(self) -> bool:
        asks = "import socket; socket.create_connection(('127.0.0.1', 8080), 2).close()"
        return bool(self.container.exec_run(["python3", "-c", asks]).exit_code == 0)


@contextmanager
def running(
    engine: docker.DockerClient, task: Path, module: str, env: Mapping[str, str]
) -> Iterator[Function]:
    """Lambda's image with *task* at /var/task; no network, no rights, nothing can be written."""
    container = engine.containers.run(
        IMAGE,
        f"{module}.handler",
        detach=True,
        environment=dict(env),
        network_mode="none",
        read_only=True,
        tmpfs={"/tmp": ""},  # noqa: S108  (the container's own)
        user="65533:65533",
        cap_drop=["ALL"],
        security_opt=["no-new-privileges:true"],
        volumes={str(task): {"bind": "/var/task", "mode": "ro"}},
    )
    try:
        started = Function(container, module, env)
        probe.until(started.listens, lambda: None)
        yield started
    finally:
        container.remove(force=True)
