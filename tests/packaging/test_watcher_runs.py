"""The expiry watcher as it is shipped, in AWS's Lambda image, where AWS is out of reach."""

from __future__ import annotations

import json
from collections.abc import Iterator

import docker
import pytest

from tests.packaging import package
from tests.packaging.lambda_image import MACHINE, Function, running
from tests.packaging.package import Zips

KEY = ("ExpiryWatcher", MACHINE)
ENV = {
    "DOMAIN_NAME": "api.example.com",
    "WARNING_DAYS": "30",
    "METRIC_NAMESPACE": "mtls-api",
    "TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:alarms",
    "AWS_LAMBDA_FUNCTION_NAME": "ExpiryWatcher",
    "AWS_LAMBDA_FUNCTION_TIMEOUT": "90",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/mtls-api-expiry-watcher",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nobody listens there
}


@pytest.fixture(scope="module")
def function(
    engine: docker.DockerClient, zips: Zips, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    task = package.unzip_as_lambda(zips[KEY], tmp_path_factory.mktemp("task"))
    with running(engine, task, "aws.watcher.handler", ENV) as started:
        yield started


def test_out_of_reach_of_aws_it_fails_and_says_what_it_knows(function: Function) -> None:
    """Lambda counts an error, and the alarm of the template rings."""
    answered = function.ask({})
    assert answered["errorType"] == "NotTold"
    assert answered["errorMessage"].startswith(f"cannot reach AWS to publish to {ENV['TOPIC_ARN']}")
    (line,) = (json.loads(one) for one in function.logged() if '"milliseconds"' in one)
    assert line["error"] == f"NotTold: {answered['errorMessage']}"
    assert (line["domain"], line["within_days"]) == ("api.example.com", 30)
    assert (line["metrics_published"], line["message_sent"]) == (False, False)
    assert [one["subject"] for one in line["entries"]] == [
        "the domain api.example.com",
        "the metrics",
    ]
    assert (line["unknown"], line["need_attention"]) == (2, 2)


def test_every_file_that_it_imports_comes_from_bytecode(function: Function) -> None:
    loaded, compiled = function.imports()
    assert compiled == set()
    assert {
        "aws/watcher/handler.py",
        "aws/expiry.py",
        "aws/expiry_crl.py",
        "aws/expiry_domain.py",
        "cryptography/x509/__init__.py",
    } <= loaded
