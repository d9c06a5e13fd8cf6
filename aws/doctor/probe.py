"""The questions to the outside: each bounded, and side by side where none needs another."""

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from pki.endpoint import Verification, Wanted, verify

from . import client as client_files
from .conversation import (
    NEWEST,
    Conversation,
    End,
    Place,
    Request,
    Versions,
    context,
    converse,
)
from .facts import OLD, Facts, Question
from .names import resolve
from .reach import Reach, reach
from .task import Task

_T = TypeVar("_T")
_GRACE = 2.0  # for a probe that has ended to be seen to have
_FIRST_LINE = 200
_PINNED: dict[str, Versions] = {
    "TLSv1.3": (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3),
    "TLSv1.2": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
    OLD: (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1),
}


def examine(question: Question) -> Facts:
    """Return what is seen of *question*; PkiError if its CAs cannot be read.

    1. the client's files; 2. DNS; 3. a connection to each address; 4. all of TLS and HTTP, at the
    first address that answers. Each step takes at most the question's seconds, and only what comes
    before it can keep it from being taken.
    """
    facts = Facts(question)
    if question.certificate and question.key:
        facts = replace(facts, client=client_files.read(question.certificate, question.key))
    if not question.url.is_https:
        return facts
    facts = _reached(facts)
    if facts.place is None:
        return facts
    place = Place(facts.place.address, question.url.port, question.url.host, question.seconds)
    facts = _talked(facts, place)
    is_tls = facts.anonymous is not None and facts.anonymous.is_tls
    return facts if is_tls else replace(facts, plain=_plain(place))


def _reached(facts: Facts) -> Facts:
    question = facts.question
    url, seconds = question.url, question.seconds
    names = resolve(url.host, url.port, question.lookup, seconds)
    tasks = {
        address: Task(partial(reach, address, url.port, seconds)) for address in names.addresses
    }
    ends = _ends(seconds)
    said = f"no answer in {seconds:g} s"
    reached = [
        _result(task, ends, partial(Reach, address, "no-answer", said))
        for address, task in tasks.items()
    ]
    return replace(facts, names=names, reached=reached)


def _talked(facts: Facts, place: Place) -> Facts:
    question = facts.question
    client = facts.client if facts.client and not facts.client.fault else None
    files = (client.certificate, client.key) if client else None
    asked = [Request(question.url, path) for path in question.url.paths]
    # Contexts are made here: Python's filter of warnings is not for threads.
    anonymous = _conversation(place, asked[0])
    with_client = [_conversation(place, one, files) for one in asked] if files else []
    pinned = {
        name: _conversation(place, versions=versions, alpn=("h2", "http/1.1"))
        for name, versions in _PINNED.items()
    }
    wanted = Wanted(place.address, place.port, place.name, question.ca)
    verifying = Task(partial(verify, wanted, seconds=place.seconds))
    ends = _ends(place.seconds)
    return replace(
        facts,
        anonymous=_said(anonymous, ends),
        answers=[_said(task, ends) for task in with_client],
        versions={name: _said(task, ends) for name, task in pinned.items()},
        verification=_result(verifying, ends, partial(Verification, failed="it took too long")),
    )


def _conversation(
    place: Place,
    request: Request | None = None,
    files: tuple[Path, Path] | None = None,
    *,
    versions: Versions = NEWEST,
    alpn: tuple[str, ...] = ("http/1.1",),
) -> Task[Conversation]:
    made = context(versions, alpn, files)
    return Task(partial(converse, made, place, request))


def _said(task: Task[Conversation], ends: float) -> Conversation:
    late = partial(Conversation, end=End.SILENT, said="it came to no end in its time")
    return _result(task, ends, late).finished()


def _ends(seconds: float) -> float:
    return time.monotonic() + seconds + _GRACE


def _result(task: Task[_T], ends: float, late: Callable[[], _T]) -> _T:
    try:
        return task.result(max(ends - time.monotonic(), 0))
    except TimeoutError:
        return late()


def _plain(place: Place) -> str:
    """Return the first line of the answer to plain HTTP, "" if there is none."""
    ends = time.monotonic() + place.seconds
    received = b""
    try:
        with socket.create_connection((place.address, place.port), place.seconds) as connection:
            connection.sendall(f"GET / HTTP/1.0\r\nHost: {place.name}\r\n\r\n".encode())
            while b"\n" not in received and len(received) < _FIRST_LINE:
                connection.settimeout(max(ends - time.monotonic(), 0.01))
                more = connection.recv(_FIRST_LINE)
                if not more:
                    break
                received += more
    except OSError:
        pass
    line = received.partition(b"\r\n")[0].decode("latin-1")
    return line if line.startswith("HTTP/") else ""
