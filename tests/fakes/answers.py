"""Answers and errors as they go over the wire, written with botocore's own models."""

from __future__ import annotations

import json
import re
import uuid
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from tests.fakes.asked import Asked, model
from tests.fakes.refusal import Refusal
from tests.unit.aws.publisher_servers import Reply


def answer(asked: Asked, value: dict[str, Any]) -> Reply:
    """*value* as the answer to *asked*; it may have only members that the model has."""
    operation = model(asked.service).operation_model(asked.operation)
    shape, status = operation.output_shape, operation.http.get("responseCode", 200)
    if asked.protocol == "query":
        return Reply(200, {"content-type": "text/xml"}, _query(operation, value))
    if shape is None or not shape.members:
        assert not value, value
        return Reply(status, {"content-type": "application/json"})
    content = json.dumps(_json(shape, value)).encode()
    headers = {"content-type": "application/json", "x-amzn-requestid": str(uuid.uuid4())}
    return Reply(status, headers, content)


def error(asked: Asked, refusal: Refusal) -> Reply:
    """*refusal* in the form in which boto3's client of that service reads it."""
    code, message = refusal.code, refusal.message
    if asked.protocol == "rest-json":
        headers = {"content-type": "application/json", "x-amzn-errortype": code}
        return Reply(refusal.status, headers, json.dumps({"message": message}).encode())
    if asked.protocol == "json":
        content = {"__type": code, "message": message}
        headers = {"content-type": "application/x-amz-json-1.1"}
        return Reply(refusal.status, headers, json.dumps(content).encode())
    if asked.service == "s3":
        root = _element("Error", {"Code": code, "Message": message})
    else:
        root = ET.Element("ErrorResponse")
        kind = "Sender" if refusal.status < 500 else "Receiver"
        root.append(_element("Error", {"Type": kind, "Code": code, "Message": message}))
    ET.SubElement(root, "RequestId").text = str(uuid.uuid4())
    body = b"" if asked.method == "HEAD" else ET.tostring(root)
    return Reply(refusal.status, {"content-type": "application/xml"}, body)


def code(reply: Reply) -> str:
    """The error code in *reply*; its status where there is none, as after HEAD."""
    found = re.search(rb"<Code>([^<]+)</Code>|\"__type\": ?\"([^\"]+)\"", reply.body)
    return (found[1] or found[2]).decode() if found else str(reply.status)


def _element(name: str, texts: dict[str, str]) -> ET.Element:
    root = ET.Element(name)
    for child, text in texts.items():
        ET.SubElement(root, child).text = text
    return root


def _json(shape: Any, value: Any) -> Any:
    if shape.type_name == "structure":
        _known(shape, value)
        return {
            shape.members[name].serialization.get("name", name): _json(shape.members[name], one)
            for name, one in value.items()
            if one is not None
        }
    if shape.type_name == "list":
        return [_json(shape.member, one) for one in value]
    if shape.type_name == "map":
        return {key: _json(shape.value, one) for key, one in value.items()}
    if isinstance(value, datetime):
        is_text = shape.serialization.get("timestampFormat") == "iso8601"
        return value.isoformat().replace("+00:00", "Z") if is_text else value.timestamp()
    return value


def _query(operation: Any, value: dict[str, Any]) -> bytes:
    namespace = operation.metadata["xmlNamespace"]
    root = ET.Element(f"{operation.name}Response", xmlns=namespace)
    shape = operation.output_shape
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        _xml(shape, value, ET.SubElement(root, wrapper))
    root.append(_element("ResponseMetadata", {"RequestId": str(uuid.uuid4())}))
    return ET.tostring(root)


def _xml(shape: Any, value: Any, into: ET.Element) -> None:
    if shape.type_name == "structure":
        _known(shape, value)
        for name, one in value.items():
            if one is not None:
                member = shape.members[name]
                wire = member.serialization.get("name", name)
                _xml(member, one, ET.SubElement(into, wire))
    elif shape.type_name == "list":
        wire = shape.member.serialization.get("name", "member")
        for one in value:
            _xml(shape.member, one, ET.SubElement(into, wire))
    elif isinstance(value, bool):
        into.text = str(value).lower()
    else:
        into.text = value.isoformat() if isinstance(value, datetime) else str(value)


def _known(shape: Any, value: dict[str, Any]) -> None:
    strangers = set(value) - set(shape.members)
    assert not strangers, f"{shape.name} has no {strangers}"
