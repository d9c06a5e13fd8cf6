"""What CloudFormation asks for: where the answer goes, and where the truststore."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .errors import Refused, Unanswerable, shortened

#: The physical id of a resource that could not be made; CloudFormation deletes it by this id.
UNPUBLISHED = "no-truststore-published"

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KEY = re.compile(r"[A-Za-z0-9!_.*'()/-]+\.pem")
_STACK = re.compile(r"arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:([0-9]{12}):stack/.+")
# With the ids below, two of them and a version id still fit into an answer.
_LONGEST_URI = 1000
_LONGEST_ID = 500
_HINT = "see the resource of type Custom::Truststore in template.yaml"


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where the answer goes, and the ids it repeats: of a bad event those that are there."""

    url: str  #: signed: whoever knows it can answer
    request_type: str
    request_id: str
    stack_id: str
    logical_resource_id: str
    physical_resource_id: str

    @classmethod
    def of(cls, event: object) -> "Envelope":
        """Return the envelope of *event*; Unanswerable without a usable ResponseURL."""
        if not isinstance(event, dict):
            raise Unanswerable(f"the event is a {type(event).__name__}, expected an object")
        url = event.get("ResponseURL")
        if not isinstance(url, str) or not _is_usable(url):
            raise Unanswerable("the event has no usable ResponseURL, expected an https URL")
        return cls(
            url,
            _id(event.get("RequestType"), _LONGEST_ID),
            _id(event.get("RequestId"), _LONGEST_ID),
            _id(event.get("StackId"), _LONGEST_ID),
            _id(event.get("LogicalResourceId"), _LONGEST_ID),
            _id(event.get("PhysicalResourceId"), _LONGEST_URI) or UNPUBLISHED,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """The object that is to hold the truststore, and whose bucket it has to be."""

    bucket: str
    key: str
    account: str

    @classmethod
    def of(cls, event: dict[str, Any]) -> "Place":
        """Return the place that *event* names; Refused if it is none that API Gateway can read."""
        properties = event.get("ResourceProperties")
        if not isinstance(properties, dict):
            raise Refused(
                f"ResourceProperties is {shortened(properties)}, expected an object", _HINT
            )
        bucket = _matched("Bucket", properties.get("Bucket"), _BUCKET, "the name of a bucket")
        key = _matched(
            "Key", properties.get("Key", "truststore.pem"), _KEY, "a name ending in .pem"
        )
        stack = _matched("StackId", event.get("StackId"), _STACK, "the ARN of a stack")
        place = cls(bucket, key, stack.split(":")[4])
        if len(place.uri) > _LONGEST_URI:
            raise Refused(
                f"Key has {len(key)} characters, expected at most {_LONGEST_URI} with the bucket",
                _HINT,
            )
        return place

    @property
    def uri(self) -> str:
        """How API Gateway calls it, and its physical id: another place is another resource."""
        return f"s3://{self.bucket}/{self.key}"


def request_type(event: dict[str, Any]) -> str:
    """Return Create, Update or Delete; Refused if *event* is neither."""
    found = event.get("RequestType")
    if isinstance(found, str) and found in {"Create", "Update", "Delete"}:
        return found
    raise Refused(f"RequestType is {shortened(found)}, expected Create, Update or Delete", _HINT)


def _matched(name: str, value: object, pattern: re.Pattern[str], expected: str) -> str:
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    raise Refused(f"{name} is {shortened(value)}, expected {expected}", _HINT)


def _id(value: object, longest: int) -> str:
    return value if isinstance(value, str) and len(json.dumps(value)) - 2 <= longest else ""


def _is_usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if not re.fullmatch(r"[!-~]+", url):
        return False
    # Plain HTTP for tests alone: the answer decides about a deployment.
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return is_safe and bool(parts.hostname)
