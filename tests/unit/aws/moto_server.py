"""moto as a process of its own, and how boto3 is made to ask it and nobody else."""

from __future__ import annotations

import functools
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from stack.tools import FOLDER
from tests.conftest import free_port, missing

ACCOUNT = "123456789012"  #: whose everything in moto is
REGION = "eu-central-1"
_PATIENCE = 60.0


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of a moto server, which logs into *folder*; ended by its process."""
    program = FOLDER / "moto/bin/moto_server"
    if not program.exists():
        missing("moto is not installed (make test installs it)")
    port = free_port()
    log = folder / "moto.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)],
            env={**os.environ, "MOTO_ACM_VALIDATION_WAIT": "-1"},  # issued when it is asked again
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, server, log)
        yield url
    finally:
        server.terminate()
        server.wait(_PATIENCE)


def environment(endpoint: str) -> dict[str, str]:
    """The variables with which boto3 asks *endpoint*."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@functools.cache
def s3(endpoint: str) -> Any:
    """A client for what tests themselves do in S3; making one takes longer than using it."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=_PATIENCE):  # noqa: S310
                return
        except urllib.error.URLError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
