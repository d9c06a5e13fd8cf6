"""What stands in for AWS in these tests: moto, and where CloudFormation waits for an answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from tests.builders import authority
from tests.conftest import free_port
from tests.unit.aws import moto_server
from tests.unit.aws.publisher_run import Publisher, Truststores
from tests.unit.aws.publisher_servers import Between, ResponseUrl, serving
from tests.unit.aws.watched import NAME, SERVER, WatchedDomain
from tests.unit.aws.watcher_run import Watcher


@pytest.fixture(scope="session", autouse=True)
def quick_clients(quick_models: None) -> None:
    """botocore reads its megabytes of JSON once, and not for every client anew."""


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, and boto3 asks it: nobody's profile, nobody's credentials."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    for name, value in moto_server.environment(moto).items():
        monkeypatch.setenv(name, value)
    return moto


@pytest.fixture
def response_url() -> Iterator[ResponseUrl]:
    """Where CloudFormation waits for the publisher's answer."""
    waiting = ResponseUrl()
    with serving(waiting.port, waiting.reply):
        yield waiting


@pytest.fixture(scope="session")
def truststores() -> Truststores:
    """Three roots, each a truststore."""
    return Truststores(*(authority(subject=f"CN=Root {n},O=Test").pem.encode() for n in "123"))


@pytest.fixture
def packed(truststores: Truststores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The truststore that the publisher was packed with: the first of them."""
    path = tmp_path / "truststore.pem"
    path.write_bytes(truststores.first)
    monkeypatch.setattr("aws.publisher.handler.TRUSTSTORE", path)
    return path


@pytest.fixture
def publisher(aws: str, packed: Path, response_url: ResponseUrl) -> Publisher:
    """The publisher over moto, with a versioned bucket of its own."""
    return Publisher(packed, response_url, moto_server.s3(aws))


@pytest.fixture
def between(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Between]:
    """Somebody between the publisher and S3, who may answer instead."""
    here = Between(aws)
    with serving(free_port(), here.reply) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield here


@pytest.fixture
def watcher(
    between: Between,
    moto: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Watcher:
    """The expiry watcher over a domain that needs nobody for a year."""
    domain = WatchedDomain(between, moto)
    domain.publish(authority(subject="CN=Root,O=Test", lifetime=timedelta(days=700)).pem)
    domain.issue(SERVER, datetime.now(UTC) + timedelta(days=365))
    name = f"watcher-{uuid.uuid4().hex[:8]}"
    topic = boto3.client("sns", endpoint_url=moto).create_topic(Name=name)["TopicArn"]
    for variable, value in {
        "DOMAIN_NAME": NAME,
        "WARNING_DAYS": "30",
        "METRIC_NAMESPACE": name,
        "TOPIC_ARN": topic,
    }.items():
        monkeypatch.setenv(variable, value)
    return Watcher(domain, topic, name, capsys)
