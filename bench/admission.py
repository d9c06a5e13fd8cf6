"""Identity and policy of one request, inside the process: Gate.admit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import combinations, islice
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import request

from service.app import create_app
from service.authorization import Demands
from service.config import Config
from service.identity import Gate
from stack.settings import Settings

from .results import Bounded, Section
from .samples import client_leaf

CACHED, UNCACHED = 20.0, 250.0  # microseconds
_AS_THEY_ARE = "+/="  # ALB escapes blanks and ends of lines
HEADER = "HTTP_X_AMZN_MTLS_CLIENTCERT_LEAF"
ABOUT = """\
`service.identity.Gate.admit()` in a request context, without network: source, certificate,
validity, policy (an issuer and a URI pattern, as `make up` sets them). **Cached** is the same
certificate again, as on a kept connection; **uncached** is a header whose text was never seen, so
that it is decoded, parsed and checked, and an older one leaves the full cache. {calls} calls a
round, the two in turns."""


def measure(*, rounds: int, calls: int) -> Section:
    """Take the rounds of both."""
    texts = spellings(client_leaf())
    text = next(texts)
    cached: list[float] = []
    uncached: list[float] = []
    config = Config.from_env(
        {"CLIENT_CERT_SOURCE": "alb-verify", "TRUSTED_PROXIES": "unix", **Settings().allow}
    )
    app = create_app(config)
    with app.test_request_context("/whoami", environ_overrides={"REMOTE_ADDR": ""}):
        admit = partial(Gate(config, lambda: datetime.now(UTC)).admit, Demands())
        for _ in range(rounds):
            uncached.append(_round(admit, list(islice(texts, calls + 1))))
            cached.append(_round(admit, [text] * (calls + 1)))
    rows = [
        Bounded("admit, cached", cached, CACHED),
        Bounded("admit, uncached", uncached, UNCACHED),
    ]
    return Section("Identity and policy", ABOUT.format(calls=calls), "microseconds a call", rows)


def _round(admit: Callable[[], None], texts: list[str]) -> float:
    environ = request.environ
    environ[HEADER] = texts[0]
    admit()
    started = time.perf_counter()
    for text in texts[1:]:
        environ[HEADER] = text
        admit()
    return (time.perf_counter() - started) / (len(texts) - 1) * 1e6


def spellings(leaf: x509.Certificate) -> Iterator[str]:
    """Yield header texts as our proxy makes them, all of *leaf*, no two alike.

    The first is the proxy's own; in the others two characters of the base64 are escaped too.
    """
    pem = leaf.public_bytes(Encoding.PEM).decode()
    yield quote(pem, safe=_AS_THEY_ARE)
    body = range(pem.index("\n") + 1, pem.index("-----END"))
    for first, second in combinations([i for i in body if pem[i].isalnum()], 2):
        parts = pem[:first], pem[first + 1 : second], pem[second + 1 :]
        escaped = f"%{ord(pem[first]):02X}", f"%{ord(pem[second]):02X}"
        start, middle, end = (quote(part, safe=_AS_THEY_ARE) for part in parts)
        yield f"{start}{escaped[0]}{middle}{escaped[1]}{end}"
