"""Orders read per second on keep-alive connections: with all our checks, and without any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from service.orders.opening import open_orders
from service.orders.order import Item, NewOrder, placed
from service.registry.matcher import Matcher
from service.registry.opening import open_store
from service.registry.registration import Registration
from service.registry.store import Actor
from stack.native import NativeStack
from stack.settings import Settings

from . import servers
from .load_turns import CONNECTIONS, busy, turn
from .results import Compared, Section, take_turns
from .servers import Front

TARGET = 0.85
CLIENT = "billing"
ABOUT = f"""\
`GET /orders/{{id}}` over mTLS on {CONNECTIONS} keep-alive connections, as above. **Ours** is the
whole stack with a client registry: identity, registration, scope, the order's id held against its
declaration, access log. **Bare** is a Flask application with the same view and nothing before it
(`bench/bare_orders.py`): the same order, read from the same SQLite file, in gunicorn with the very
same settings file, behind the same proxy."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The registry and the orders at *url*, and the path of one order."""

    url: str
    path: str


def measure(path: str, *, pairs: int, seconds: float) -> Section:
    """Warm both up, and let them take turns; *path* is the PATH of every program."""
    with ExitStack() as ends:
        folder = Path(ends.enter_context(TemporaryDirectory(prefix="bench-")))
        kept = _kept(folder)
        settings = _settings(folder, path, kept.url)
        fronts = [ends.enter_context(_ours(settings))]
        fronts.append(ends.enter_context(_bare(folder, settings, kept.url)))
        servers.require_equal(settings.pki_home, fronts[0].port, fronts[1].port, kept.path)
        asking = ("--path", kept.path)
        turns = [partial(turn, settings.pki_home, one, seconds, *asking) for one in fronts]
        for one in turns:
            one()
        ours, bare = take_turns(pairs, *turns)
    rates = ([one.rate for one in ours], [one.rate for one in bare])
    row = Compared("/orders/{id}", *rates, at_least=TARGET)
    notes = [f"Ours: {busy(ours)}.", f"Bare: {busy(bare)}."]
    return Section("Orders", ABOUT, "requests per second", [row], notes)


def _kept(folder: Path) -> Kept:
    url, now = f"sqlite:///{folder / 'clients.sqlite'}", datetime.now(UTC)
    matcher = Matcher.of("uri", f"spiffe://example.org/{CLIENT}")
    new = Registration(CLIENT, "Example", (matcher,), frozenset({"orders:read"}))
    open_store(url).create(new, Actor("bench"), now)
    order = placed(NewOrder((Item("A-1", 2), Item("B-2", 1)), "spring"), now)
    open_orders(url).create(CLIENT, "key", order)
    return Kept(url, f"/orders/{order.id}")


def _settings(folder: Path, path: str, url: str) -> Settings:
    return Settings(
        alb_port=servers.free_port(),
        api_gateway_port=servers.free_port(),
        pki_port=servers.free_port(),
        pki_home=folder / "pki",
        run_dir=folder / "run",
        inherited={"PATH": path, "WORKERS": "1", "CLIENT_REGISTRY": url},
    )


@contextmanager
def _ours(settings: Settings) -> Iterator[Front]:
    stack = NativeStack(settings)
    try:
        stack.up(lambda _: None)
        pids = {"nginx": stack.proxy.pid() or 0, "gunicorn": stack.service.pid() or 0}
        yield Front(settings.alb_port, pids)
    finally:
        stack.down()


@contextmanager
def _bare(folder: Path, settings: Settings, url: str) -> Iterator[Front]:
    socket_path, port = folder / "bare.sock", servers.free_port()
    app = f"bench.bare_orders:create_app({url!r}, {CLIENT!r})"
    with (
        servers.gunicorn(app, socket_path, folder, settings) as gunicorn,
        servers.proxy(port, _proxy_env(port, socket_path, folder), folder, settings) as nginx,
    ):
        yield Front(port, {"nginx": nginx, "gunicorn": gunicorn})


def _proxy_env(port: int, socket_path: Path, folder: Path) -> dict[str, str]:
    return {
        "ALB_LISTEN": f"127.0.0.1:{port}",
        "RUN_DIR": str(folder / "same"),
        "SERVICE": f"unix:{socket_path}",
    }
