"""Does the stack answer as it should? Asked as a client asks: over mTLS."""

from __future__ import annotations

import http.client
import re
import ssl
import time
from collections.abc import Callable
from contextlib import closing

from .errors import StackError
from .settings import Settings

PATIENCE = 60.0  # seconds
#: What the service says of `billing` once it works, where somebody meant it: ALLOW_…, CLIENT_RATE,
#: `clients suspend billing`, `pki revoke billing`.
_MEANT = re.compile(
    rb"urn:problem-type:"
    rb"(certificate-not-allowed|certificate-revoked|client-suspended|too-many-requests)\""
)


def until(true: Callable[[], bool], alive: Callable[[], None]) -> None:
    """Wait for *true*; *alive* raises StackError when there is nothing to wait for."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        alive()
        if time.monotonic() > deadline:
            raise StackError(f"the stack did not answer within {PATIENCE:.0f} seconds", "make logs")
        time.sleep(0.05)


def wait(settings: Settings, alive: Callable[[], None]) -> None:
    """Wait until the service answers the client `billing` through both fronts.

    It may also refuse `billing`, where somebody may mean it (_MEANT).
    """
    for port in (settings.alb_port, settings.api_gateway_port):
        until(lambda port=port: answers(settings, port), alive)  # type: ignore[misc]


def answers(settings: Settings, port: int) -> bool:
    """Whether GET /whoami on *port* is answered by the service."""
    home = settings.pki_home
    try:
        context = ssl.create_default_context(cafile=home / "ca.pem")
        context.load_cert_chain(home / "clients/billing.pem", home / "clients/billing.key")
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=35)
        with closing(connection):
            connection.request("GET", "/whoami")
            response = connection.getresponse()
            body = response.read()
            return response.status == 200 or bool(_MEANT.search(body))  # noqa: PLR2004
    except (OSError, http.client.HTTPException):
        return False


def publishes(settings: Settings) -> bool:
    """Whether CRL and OCSP are served."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", settings.pki_port, timeout=5)
        with closing(connection):
            connection.request("GET", "/health")
            return connection.getresponse().status == 200  # noqa: PLR2004
    except (OSError, http.client.HTTPException):
        return False
