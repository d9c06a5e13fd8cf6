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
    """Wait until GET /whoami with the client `billing` is answered with 200 by both fronts."""
    for port in (settings.alb_port, settings.api_gateway_port):
        until(lambda port=port: status(settings, port) == 200, alive)  # type: ignore[misc]  # noqa: PLR2004


def status(settings: Settings, port: int) -> int | None:
    """The status of GET /whoami on *port*, or None while there is no answer."""
    home = settings.pki_home
    try:
        context = ssl.create_default_context(cafile=home / "ca.pem")
        context.load_cert_chain(home / "clients/billing.pem", home / "clients/billing.key")
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=35)
        with closing(connection):
            connection.request("GET", "/whoami")
            response = connection.getresponse()
            response.read()
            return response.status
    except (OSError, http.client.HTTPException):
        return None
