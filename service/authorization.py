"""What a view demands of who calls it, and whether a client has it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from .client import Client

View = TypeVar("View", bound=Callable[..., object])
_MARK = "demands"


@dataclass(frozen=True, slots=True)
class Demands:
    """Of a view: nothing said means admitted clients, whatever they may."""

    scopes: frozenset[str] = frozenset()  #: all of them (RFC 6749, 3.3)
    is_public: bool = False  #: nobody is asked who they are
    token: bool = False  #: a bearer token that is bound to the certificate (RFC 8705, 3)
    api_key: bool = False  #: one of the client's API keys


def requires(*scopes: str) -> Callable[[View], View]:
    """Mark a view as one for clients that have all of *scopes*."""
    if not scopes:
        raise ValueError("requires() without a scope means nothing, expected 'orders:read' or so")

    def mark(view: View) -> View:
        known = demands(view)
        return _marked(view, replace(known, scopes=known.scopes | set(scopes)))

    return mark


def requires_token(view: View) -> View:
    """Mark *view* as one for a bearer token that is bound to the caller's certificate as well."""
    return _marked(view, replace(demands(view), token=True))


def requires_api_key(view: View) -> View:
    """Mark *view* as one for an API key of the caller's as well, in the header Client-Api-Key.

    A mark of its own: a key has no scopes, no end, and is bound to no certificate, so it must not
    pass where a token is wanted. A view with both marks wants both.
    """
    return _marked(view, replace(demands(view), api_key=True))


def public(view: View) -> View:
    """Mark *view* as open to callers without a certificate; every other one needs it."""
    return _marked(view, replace(demands(view), is_public=True))


def demands(view: object) -> Demands:
    """Return what *view* demands; of a path that is nobody's, that the client be admitted."""
    found = getattr(view, _MARK, None)
    return found if isinstance(found, Demands) else Demands()


def missing(client: Client, demanded: Demands) -> frozenset[str]:
    """Return the scopes of *demanded* that *client* does not have."""
    return demanded.scopes - client.scopes


def narrowed(client: Client, scopes: Iterable[str]) -> Client:
    """Return *client* with those of its scopes alone that a token has too."""
    return replace(client, scopes=client.scopes.intersection(scopes))


def _marked(view: View, demanded: Demands) -> View:
    code = getattr(view, "__code__", None)
    if code is not None and code.co_varnames[: code.co_argcount][:1] == ("self",):
        # Flask calls what as_view() returns, on which nobody would find the mark.
        raise ValueError(
            f"{view.__qualname__!r} is a method, expected a function, or the class's `decorators`"
        )
    if demanded.is_public and (demanded.scopes or demanded.token or demanded.api_key):
        raise ValueError(f"{getattr(view, '__name__', view)!r} is public and demands something")
    setattr(view, _MARK, demanded)
    return view
