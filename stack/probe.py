"""Does the stack answer as it should? Asked as a client asks: over mTLS."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable
from contextlib import closing

from .errors import StackError
from .settings import Settings

PATIENCE = 60.0  # seconds


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

    It may also say that `billing` is not on the list: whoever set ALLOW_… may mean it.
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
            return response.status == 200 or b"certificate-not-allowed" in body  # noqa: PLR2004
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
