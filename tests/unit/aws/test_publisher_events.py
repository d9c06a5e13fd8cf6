"""Events as CloudFormation never sends them: one answer each, where there is a way to answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aws.publisher.bucket import Published
from aws.publisher.errors import Unanswerable
from aws.publisher.handler import handler
from tests.unit.aws.publisher_run import Context, Publisher, log_lines

NOWHERE: dict[str, Any] = {
    "no event": None,
    "a list": [],
    "text": "event",
    "a number": 7,
    "empty": {},
    "no URL": {"ResponseURL": None},
    "a number as URL": {"ResponseURL": 5},
    "an empty URL": {"ResponseURL": ""},
    "plain HTTP to another host": {"ResponseURL": "http://example.com/answer"},
    "HTTP to a name that only begins well": {"ResponseURL": "http://localhost.example.com/"},
    "HTTP with a loopback user": {"ResponseURL": "http://127.0.0.1@example.com/"},
    "another scheme": {"ResponseURL": "ftp://127.0.0.1/answer"},
    "a file": {"ResponseURL": "file:///answer"},
    "no host": {"ResponseURL": "https:///answer"},
    "half an address": {"ResponseURL": "https://[::1/"},
    "no port": {"ResponseURL": "https://localhost:99999/"},
    "a blank": {"ResponseURL": "https://localhost/ x"},
    "a line end": {"ResponseURL": "https://localhost/\r\nHost: x"},
    "no ASCII": {"ResponseURL": "https://localhost/é"},
}


@pytest.mark.parametrize("name", NOWHERE)
def test_without_a_usable_url_it_says_so_in_the_log(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Unanswerable, match="the event"):
        handler(NOWHERE[name], Context())
    (line,) = log_lines(capsys)
    assert line["is_answered"] is False
    assert line["error"].startswith("the event")


PROPERTIES: dict[str, tuple[Any, str]] = {
    "left out": (None, "ResourceProperties is None, expected an object"),
    "a list": ([], "ResourceProperties is [], expected an object"),
    "no bucket": ({}, "Bucket is None, expected the name of a bucket"),
    "an empty bucket": ({"Bucket": ""}, "Bucket is ''"),
    "a number": ({"Bucket": 5}, "Bucket is 5"),
    "no bucket's name": ({"Bucket": "a/b"}, "Bucket is 'a/b'"),
    "an ARN": ({"Bucket": "arn:aws:s3:::b"}, "Bucket is 'arn:aws:s3:::b'"),
    "a line end": ({"Bucket": "bucket\n"}, r"Bucket is 'bucket\n'"),
    "long": ({"Bucket": "b" * 5000}, "Bucket is 'bbb"),
    "another ending": ({"Bucket": "bucket", "Key": "a.txt"}, "expected a name ending in .pem"),
    "an empty key": ({"Bucket": "bucket", "Key": ""}, "Key is ''"),
    "a key of null": ({"Bucket": "bucket", "Key": None}, "Key is None"),
    "a list as key": ({"Bucket": "bucket", "Key": ["a.pem"]}, "Key is ['a.pem']"),
    "a long key": ({"Bucket": "bucket", "Key": "a" * 990 + ".pem"}, "Key has 994 characters"),
}


@pytest.mark.parametrize("name", PROPERTIES)
def test_properties_that_name_no_place_are_refused(publisher: Publisher, name: str) -> None:
    properties, said = PROPERTIES[name]
    reason = publisher.refused(ResourceProperties=properties)
    assert said in reason
    assert "hint: see the resource of type Custom::Truststore in template.yaml" in reason


@pytest.mark.parametrize("kind", [None, "", "create", 7, [], {"Create": 1}, "Read"])
def test_another_request_type_is_refused(publisher: Publisher, kind: Any) -> None:
    reason = publisher.refused(RequestType=kind)
    assert f"RequestType is {kind!r}, expected Create, Update or Delete" in reason


@pytest.mark.parametrize("stack", [None, "", 5, "mtls-api", "arn:aws:s3:::b", "s" * 9000])
def test_without_a_stack_nobody_knows_whose_bucket_it_is(publisher: Publisher, stack: Any) -> None:
    event = publisher.event(StackId=stack)
    before = len(publisher.waiting.taken)
    handler(event, Context())
    (put,) = publisher.waiting.taken[before:]
    answer = json.loads(put.body)
    assert answer["Status"] == "FAILED"
    assert "expected the ARN of a stack" in answer["Reason"]
    assert answer["StackId"] == (stack if isinstance(stack, str) and len(stack) < 99 else "")


@pytest.mark.parametrize("missing", ["RequestId", "LogicalResourceId", "ResourceType"])
def test_what_is_only_repeated_may_be_missing(publisher: Publisher, missing: str) -> None:
    event = publisher.event()
    del event[missing]
    answer = publisher.answer(event)
    assert answer["Status"] == "SUCCESS"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        *("RequestType", "StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId"),
        *("ResourceType", "ResourceProperties", "OldResourceProperties"),
    ]
)
NAMES = st.sampled_from(["Bucket", "Key", "PackedWith", "ServiceTimeout"])


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    kind=st.sampled_from(["Create", "Update", "Delete"]),
    changes=st.dictionaries(FIELDS | st.text(max_size=9), JSON, min_size=1, max_size=4),
    properties=st.dictionaries(NAMES | st.text(max_size=9), JSON, max_size=3),
)
def test_whatever_comes_is_answered_once(
    publisher: Publisher, kind: str, changes: dict[str, Any], properties: dict[str, Any]
) -> None:
    """S3 stays out of it: it would be asked a thousand times for the same."""
    changes.pop("ResponseURL", None)
    event = publisher.event(kind)
    event["ResourceProperties"] = {**event["ResourceProperties"], **properties}
    event |= changes
    publisher.waiting.arrived.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aws.publisher.bucket.publish", lambda *_: Published("v1", is_new=True))
        handler(event, Context())
    (put,) = publisher.waiting.arrived
    assert len(put.body) <= 4096
    answer = json.loads(put.body)
    assert answer["Status"] in {"SUCCESS", "FAILED"}
    assert answer["PhysicalResourceId"]
    assert bool(answer["Reason"]) == (answer["Status"] == "FAILED")
    assert "crashed" not in answer["Reason"]
