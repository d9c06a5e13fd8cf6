"""What a view takes of a request, read and held against its declaration before the view runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from flask import request

from service.problems import MalformedJson, UnsupportedMediaType, ValidationFailed

from .fault import Fault, Faulty, Place
from .header import Header
from .i_json import NotIJson, parse
from .validation import MOST, converted

_MOST_PARAMETERS = 100
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Inputs:
    """The parameters of a view by name, and their types; defaults: of those that may be absent."""

    defaults: Mapping[str, object]
    path: Mapping[str, Any]
    headers: Mapping[str, tuple[Header, Any]]
    query: Any = None
    body: Any = None

    def read(self, path: Mapping[str, str]) -> dict[str, object]:
        """Return the view's arguments for the current request; *path*: as Flask has them.

        Raises Header.missing, UnsupportedMediaType, MalformedJson, in this order; or, with all
        faults that there are, ValidationFailed.
        """
        found: dict[str, object] = dict(self.defaults)
        faults: list[Fault] = []
        for name, (header, type_) in self.headers.items():
            with _gathering(faults):
                self._read_header(found, name, header, type_)
        for name, type_ in self.path.items():
            with _gathering(faults):
                found[name] = _one(path[name], type_, "path", name)
        if self.query is not None:
            with _gathering(faults):
                found["query"] = _query(self.query)
        if self.body is not None:
            with _gathering(faults):
                found["body"] = converted(_json(), self.body, "body")
        if faults:
            raise ValidationFailed(errors=[fault.as_dict() for fault in faults[:MOST]])
        return found

    def _read_header(
        self,
        found: dict[str, object],
        name: str,
        header: Header,
        type_: Any,  # noqa: ANN401
    ) -> None:
        text = request.headers.get(header.name)
        if text is not None:
            found[name] = _header(text, header, type_)
        elif name not in self.defaults:
            if header.missing is not ValidationFailed:
                raise header.missing(f"expected the header {header.name}")
            raise Faulty([Fault("header", (header.name,), "missing")])


@contextmanager
def _gathering(faults: list[Fault]) -> Iterator[None]:
    try:
        yield
    except Faulty as faulty:
        faults += faulty.faults


def _header(text: str, header: Header, type_: Any) -> object:  # noqa: ANN401
    if header.parse is None:
        return _one(text, type_, "header", header.name)
    try:
        return header.parse(text)
    except ValueError as error:
        raise Faulty([Fault("header", (header.name,), str(error))]) from error


def _one(text: str, type_: Any, place: Place, name: str) -> object:  # noqa: ANN401
    try:
        return converted(text, type_, place, strict=False)
    except Faulty as faulty:
        raise Faulty(
            Fault(place, (name, *one.path), one.message) for one in faulty.faults
        ) from None


def _query(type_: Any) -> object:  # noqa: ANN401
    """The query string as one Struct; what is in it twice is refused, not chosen from."""
    try:
        pairs = parse_qsl(
            request.query_string.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError as error:
        raise Faulty([Fault("query", (), f"not a query string: {error}")]) from error
    # An event has it decoded already; "�" stands in for whatever was no UTF-8.
    if odd := {name for name, value in pairs if "\ufffd" in name + value}:
        raise Faulty(Fault("query", (name,), "not UTF-8") for name in sorted(odd))
    values = dict(pairs)
    if len(values) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise Faulty(Fault("query", (name,), "given twice") for name in twice)
    return converted(values, type_, "query", strict=False)


def _json() -> object:
    if request.mimetype != _JSON:
        raise UnsupportedMediaType(f"expected Content-Type: {_JSON}")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("expected no Content-Encoding", {"Accept-Encoding": "identity"})
    try:
        return parse(request.get_data(cache=False))
    except NotIJson as error:
        fault = Fault("body", (), str(error))
        raise MalformedJson(errors=[fault.as_dict()]) from error
