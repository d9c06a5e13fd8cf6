"""The application, put together."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import RequestEntityTooLarge

from . import access_log, identity, problems, unread_body
from .blueprints import BLUEPRINTS, of_the_registry, without_the_registry
from .config import MAX_BODY, Config
from .identity import Questions

if TYPE_CHECKING:
    from .revocation.background import Background
    from .revocation.on_demand import OnDemand


class Api(Flask):
    """Flask, which asks of every hook and view, on every request, whether it is a coroutine."""

    ensure_sync = lru_cache(maxsize=256)(Flask.ensure_sync)


class Json(DefaultJSONProvider):
    """One line in UTF-8, in the order of the view; readable in a terminal."""

    sort_keys = False
    ensure_ascii = False

    def response(self, *args: object, **kwargs: object) -> Response:
        """As flask.jsonify takes them."""
        text = self.dumps(self._prepare_response_obj(args, kwargs)) + "\n"
        return Response(text, mimetype=self.mimetype)


def create_app(
    config: Config, log: Callable[[str], None] = access_log.at_once, *, stands_still: bool = False
) -> Flask:
    """Put the API together: log, refusals, identity, and the blueprints of BLUEPRINTS.

    Raises InvalidConfiguration where the registry cannot be used.
    *stands_still*: nothing runs between two requests, as in Lambda.
    """
    app = Api("service.app", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.json = Json(app)
    access_log.init_app(app, log)
    problems.init_app(app)
    questions = Questions(
        not_revoked=_revocation(app, config, log, stands_still=stands_still),
        registered=_registry(app, config, stands_still=stands_still),
        keyed=_api_keys(app),
        bound=_tokens(app, config, log, stands_still=stands_still),
        limited=_throttle(config, log, stands_still=stands_still),
    )
    identity.init_app(app, config, questions)
    app.before_request(_refuse_large_body)
    app.after_request(_uncached)
    app.after_request(unread_body.finish)
    others = of_the_registry() if config.registry else without_the_registry()
    for blueprint in (*BLUEPRINTS, *others):
        app.register_blueprint(blueprint, config=config)
    return app


def _revocation(
    app: Flask, config: Config, log: Callable[[str], None], *, stands_still: bool
) -> identity.NotRevoked | None:
    """What says whether a leaf is revoked, None where nobody asks."""
    if config.revocation is None:
        return None
    keeper: Background | OnDemand
    if stands_still:
        from .revocation.on_demand import OnDemand  # noqa: PLC0415  (costs nothing where it is off)

        keeper = OnDemand(config.revocation, log)
        app.before_request(keeper.catch_up)
    else:
        from .revocation.background import Background  # noqa: PLC0415

        keeper = Background(config.revocation, log)
    keeper.start()
    app.extensions["revocation"] = keeper
    return keeper.refresher.revocation.check


def _registry(app: Flask, config: Config, *, stands_still: bool) -> identity.Registered | None:
    """What says whose a certificate is, None where the lists alone say who may call."""
    if config.registry is None:
        return None
    from .registry.admission import admission  # noqa: PLC0415  (costs nothing where it is off)
    from .registry.known import Known  # noqa: PLC0415
    from .registry.opening import open_at_start  # noqa: PLC0415

    # What was kept must not outlive the time that a function is frozen.
    clock = time.time if stands_still else time.monotonic
    known = Known(open_at_start(config.registry), config.registry.ttl, clock)
    app.extensions["registry"] = known
    return admission(known)


def _api_keys(app: Flask) -> identity.Keyed | None:
    """What says whether an API key is the client's, None where there is no registry of them."""
    known = app.extensions.get("registry")
    if known is None:
        return None
    from .registry.api_keys import keyed  # noqa: PLC0415  (costs nothing where it is off)

    return keyed(known)


def _tokens(
    app: Flask, config: Config, log: Callable[[str], None], *, stands_still: bool
) -> identity.Bound | None:
    """What says whether a token is the client's, None where no issuer is named."""
    if config.tokens is None:
        return None
    from .tokens.keys import Keys  # noqa: PLC0415  (PyJWT, which costs nothing where it is off)
    from .tokens.source import source  # noqa: PLC0415
    from .tokens.verification import Tokens  # noqa: PLC0415

    place = source(config.tokens.jwks, is_url=config.tokens.is_url)
    pinned = config.tokens.algorithms
    keys = Keys(place, pinned, log, clock=time.time, stands_still=stands_still)
    if not stands_still:
        keys.start()
    app.extensions["tokens"] = keys
    return Tokens(config.tokens, keys, time.time).bound


def _throttle(
    config: Config, log: Callable[[str], None], *, stands_still: bool
) -> identity.Limited | None:
    """What says whether a client calls too often, None where nobody can say how often it may."""
    if config.throttle is None and config.registry is None:
        return None
    from .throttle import Local, Throttle  # noqa: PLC0415  (costs nothing where it is off)

    clock = time.time if stands_still else time.monotonic
    if config.registry is None:
        return Throttle(config.throttle, Local(clock))
    from .registry.buckets import open_buckets  # noqa: PLC0415
    from .registry.leases import Leases  # noqa: PLC0415

    shared = open_buckets(config.registry.url)
    return Throttle(config.throttle, Leases(shared, log, clock=clock, now=time.time))


def _refuse_large_body() -> None:
    """Flask counts a body only when a view reads it."""
    if request.environ.get("CONTENT_LENGTH") and (request.content_length or 0) > MAX_BODY:
        raise RequestEntityTooLarge


def _uncached(response: Response) -> Response:
    """Keep answers that a certificate chose out of caches (RFC 9440, 2.4)."""
    if "Cache-Control" not in response.headers:
        response.headers.add("Cache-Control", "no-store")
    return response
