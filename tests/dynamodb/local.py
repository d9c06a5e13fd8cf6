"""AWS's own DynamoDB Local as a process, and tables in it that are made as template.yaml says."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from service.registry.dynamodb_table import DynamoDbTable
from stack import dynamodb_local
from tests.conftest import free_port, missing, require
from tests.packaging.template.source import source
from tests.unit.aws import moto_server

_LOOPBACK = Path(__file__).with_name("Loopback.java")
_PATIENCE = 60.0


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of DynamoDB Local, which logs into *folder*; ended by its process."""
    if not dynamodb_local.JAR.exists():
        missing("DynamoDB Local is not installed (make test installs it)")
    port, log = free_port(), folder / "dynamodb.log"
    words = [require("java"), f"-Djava.library.path={dynamodb_local.LIBRARIES}"]
    words += ["-Xmx512m", "-cp", str(dynamodb_local.JAR), str(_LOOPBACK)]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*words, "-inMemory", "-disableTelemetry", "-port", str(port)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, server, log)
        yield url
    finally:
        server.kill()
        server.communicate()


@cache
def client(url: str) -> Any:
    """A client for what tests themselves do in DynamoDB."""
    return boto3.session.Session().client(
        "dynamodb",
        endpoint_url=url,
        region_name=moto_server.REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(max_pool_connections=50),
    )


def make_table(url: str, resource: str = "RegistryTable") -> str:
    """Make a table like the *resource* of template.yaml, and return its name, like no other's."""
    says = source()["Resources"][resource]["Properties"]
    name = f"{resource}-{uuid.uuid4().hex}"
    client(url).create_table(
        TableName=name,
        KeySchema=says["KeySchema"],
        AttributeDefinitions=says["AttributeDefinitions"],
        BillingMode=says["BillingMode"],
    )
    return name


def table(url: str, name: str) -> DynamoDbTable:
    """The table *name* as the service asks it, but with the tests' client."""
    return DynamoDbTable(name, lambda _pid: client(url))


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            urllib.request.urlopen(url, timeout=_PATIENCE)  # noqa: S310
        except urllib.error.HTTPError as answer:
            answer.close()
            return  # it wants a signature
        except urllib.error.URLError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
