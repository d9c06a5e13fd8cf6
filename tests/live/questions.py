"""The questions that a domain can be asked from outside, by the ids of pki/unconfirmed.py."""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from tests.live import made
from tests.live.client import Seen, Target
from tests.live.made import Issuer

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
TRACE = "Root=1-5e9f0c65-1de4d666d4dd26aced652b6c"
NO_ISSUER = "not asked: needs --issuer-cert and --issuer-key of a CA in the truststore"
NO_ECHO = "not asked: needs --echo PATH, a route whose answer is its event"


@dataclass(frozen=True)
class Asker:
    """Whom to ask, and what it takes."""

    target: Target
    folder: Path
    issuer: Issuer | None = None
    echo: str = ""

    @cached_property
    def stranger(self) -> Seen:
        """What a client of an unknown CA gets."""
        files = made.leaf(self.folder, made.stranger())
        return self.target.as_client(files).ask()

    @cached_property
    def event(self) -> dict[str, Any]:
        """The event that the echo route answers with; {} without one."""
        if not self.echo:
            return {}
        headers = ("X-Forwarded-For: 6.6.6.6", f"X-Amzn-Trace-Id: {TRACE}", "tEsT-hEADER: 1")
        seen = self.target.ask(self.target.get(*headers, path=self.echo))
        try:
            found = json.loads(seen.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def client_cert(self) -> dict[str, Any]:
        """`clientCert`, wherever the payload has it."""
        context = self.event.get("requestContext", {})
        where = context.get("identity") or context.get("authentication") or {}
        return dict(where.get("clientCert") or {})


Question = Callable[[Asker], str]


def _of(asker: Asker, identifier: str) -> str:
    """A leaf that only a trusted CA can make wrong."""
    if asker.issuer is None:
        return NO_ISSUER
    files = made.leaf(asker.folder, asker.issuer, made.CHANGES[identifier])
    return str(asker.target.as_client(files).ask())


def _dated(asker: Asker, days: tuple[int, int]) -> str:
    trusted = made.leaf(asker.folder, asker.issuer, days=days) if asker.issuer else None
    nobodys = made.leaf(asker.folder, made.stranger(), days=days)
    unknown = asker.target.as_client(nobodys).ask()
    known = asker.target.as_client(trusted).ask() if trusted else NO_ISSUER
    return f"of an unknown CA: {unknown}; of a trusted one: {known}"


def _curve(asker: Asker) -> str:
    if asker.issuer is None:
        return NO_ISSUER
    files = made.leaf(asker.folder, asker.issuer, curve=ec.SECP521R1())
    return str(asker.target.as_client(files).ask())


def _handshakes(asker: Asker) -> str:
    def one(version: ssl.TLSVersion) -> str:
        seen = asker.target.ask(version=version)
        return f"{seen.version} {seen.cipher}" if seen.status else str(seen)

    return f"{one(V12)}; {one(V13)}"


def _nobody(asker: Asker) -> str:
    nobody = asker.target.without_client()
    return f"over 1.2: {nobody.ask(version=V12)}; over 1.3: {nobody.ask(version=V13)}"


def _ca_names(asker: Asker) -> str:
    openssl = shutil.which("openssl")
    if openssl is None:
        return "not asked: needs openssl"
    target = asker.target
    words = [openssl, "s_client", "-connect", f"{target.domain}:{target.port}"]
    ran = subprocess.run(
        [*words, "-servername", target.domain, "-tls1_2"],
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Acceptable client certificate CA names\n((?:.+\n)+?)\S+ ?[Cc]", ran.stdout)
    return "; ".join(found[1].splitlines()) if found else "none"


def _headers(asker: Asker) -> str:
    seen = asker.stranger
    return ", ".join(f"{name}: {value}" for name, value in seen.headers) or str(seen)


def _from_event(read: Callable[[Asker], object]) -> Question:
    return lambda asker: str(read(asker)) if asker.event else NO_ECHO


def _newline(asker: Asker) -> str:
    return repr(str(asker.client_cert.get("clientCertPem"))[-6:])


def _names(asker: Asker) -> str:
    cert = asker.client_cert
    return f"{cert.get('subjectDN')} / {cert.get('issuerDN')}"


def _sent(asker: Asker, name: str) -> str:
    headers = {k.lower(): f"{k}: {v}" for k, v in asker.event.get("headers", {}).items()}
    return headers.get(name, "not there")


def _large(asker: Asker) -> str:
    body = bytes(10 * 1024 * 1024 + 1)
    return str(asker.target.ask(asker.target.get(method="POST", body=body)))


def _long(asker: Asker) -> str:
    target = asker.target
    url = target.ask(target.get(path="/" + "x" * 10_300))
    headers = target.ask(target.get(*(f"X-Long-{n}: {'x' * 7_000}" for n in range(3))))
    return f"URL: {url}; headers: {headers}"


def _head(asker: Asker) -> str:
    return asker.target.ask(asker.target.get(method="HEAD")).header("content-length")


QUESTIONS: dict[str, Question] = {
    "tls-1.3": _handshakes,
    "alpn": lambda asker: asker.target.ask(alpn=("h2", "http/1.1")).alpn or "none",
    "no-certificate": _nobody,
    "ca-names": _ca_names,
    "forbidden-headers": _headers,
    "forbidden-body": lambda asker: repr(asker.stranger.body),
    "self-signed": lambda asker: str(asker.target.as_client(made.leaf(asker.folder, None)).ask()),
    "expired": lambda asker: _dated(asker, (-2, -1)),
    "not-yet-valid": lambda asker: _dated(asker, (2, 3)),
    "P-521": _curve,
    **{
        name: (lambda asker, name=name: _of(asker, name))  # type: ignore[misc]
        for name in made.CHANGES
    },
    "too-large-type": _large,
    "long-request-types": _long,
    "head-length": _head,
    "pem-newline": _from_event(_newline),
    "dn-escapes": _from_event(_names),
    "serial-high-bit": _from_event(lambda asker: asker.client_cert.get("serialNumber")),
    "x-forwarded-for": _from_event(lambda asker: _sent(asker, "x-forwarded-for")),
    "trace-id": _from_event(lambda asker: _sent(asker, "x-amzn-trace-id")),
    "header-case": _from_event(lambda asker: _sent(asker, "test-header")),
}


def asked(asker: Asker) -> Iterator[tuple[str, str]]:
    """Each id, and what was seen."""
    for identifier, question in QUESTIONS.items():
        yield identifier, question(asker)
