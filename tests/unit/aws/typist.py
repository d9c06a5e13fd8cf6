"""A process that types `python -m aws …`, one at a time, in children that start at once.

They can be killed. Whoever sleeps in such a child sleeps a thousandth of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from stack.settings import ROOT

SPEED = 1000.0  #: of the control plane's clock meanwhile
_sleep = time.sleep


@dataclass
class Typist:
    """The process, and the child in it that is typing."""

    process: subprocess.Popen[str]
    pid: int = 0

    def type(self, words: Sequence[str], environment: Mapping[str, str]) -> int:
        """Type *words*; return the exit code, or the negative signal that ended it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([list(words), dict(environment)]) + "\n")
        self.process.stdin.flush()
        self.pid = self._number()
        return os.waitstatus_to_exitcode(self._number())

    def _number(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@contextmanager
def typist() -> Iterator[Typist]:
    """A typist, who has imported all that takes its time."""
    words = [sys.executable, "-m", "tests.unit.aws.typist"]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Typist(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


def _hurry(seconds: float) -> None:
    _sleep(seconds / SPEED)


def _child(words: list[str], environment: dict[str, str]) -> None:
    os.environ.update(environment)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    time.sleep = _hurry  # type: ignore[assignment]
    from aws.cli import main

    try:
        main(words)
    except SystemExit as done:
        os._exit(int(done.code or 0))


def _serve() -> None:
    import boto3

    session = boto3.Session("a", "b", region_name="eu-central-1")
    for service in ("sts", "s3", "apigateway"):
        session.client(service)  # its models are read, and stay read in every child
    for line in sys.stdin:
        words, environment = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _child(words, environment)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitpid(pid, 0)[1]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    import functools

    import botocore.loaders

    reader = botocore.loaders.JSONFileLoader()
    read = functools.cache(reader.load_file)
    botocore.loaders.JSONFileLoader.load_file = lambda _, path: read(path)
    _serve()
