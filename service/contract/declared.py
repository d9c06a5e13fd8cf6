"""What a view takes and gives, said once: it is held to it, and /openapi.json is made of it.

    @bp.put("/orders/<order_id>")
    @requires("orders:write")
    @declared(headers=("ETag",), problems=(NotFound, PreconditionFailed))
    def replace(order_id: OrderId, body: NewOrder, if_match: IfMatch) -> Answer[Order]:

A parameter called `body` is the JSON body, `query` the query string: each a msgspec.Struct. One
with a Header in its type is a header, each other one a part of the path. What is returned is the
answer's body: a Struct, a TypedDict (for which msgspec is not needed), or None for 204; wrapped in
Answer, with headers or another status.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Generic,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from flask import Response

from service.problems import Problem

from .header import Header

if TYPE_CHECKING:
    from .inputs import Inputs

__all__ = ["Answer", "Header", "declared"]

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., object])
_MARK = "declaration"
_NO_CONTENT = 204
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A body, and what goes with it; status: of those that are declared, 0 = the first."""

    body: T
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 0


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is known of a view: for whoever calls it, and for the document."""

    returns: Any  #: the type of the body; None = there is none
    statuses: tuple[int, ...]
    headers: tuple[str, ...] = ()  #: of the answer
    problems: tuple[type[Problem], ...] = ()
    media_type: str = _JSON
    inputs: Inputs | None = None  #: None = nothing is read
    about: str = ""  #: the view's docstring
    hidden: bool = False  #: not in the document


def declared(
    *,
    status: int | tuple[int, ...] = 0,
    headers: tuple[str, ...] = (),
    problems: tuple[type[Problem], ...] = (),
    media_type: str = _JSON,
    returns: Any = None,  # noqa: ANN401
) -> Callable[[Callable[..., object]], Callable[..., Any]]:
    """Read what the view takes by its signature, before it runs, and write what it returns.

    status: one, or the several that it may have, by default 200, or 204 for None; problems: those
    it raises, beside those that come with what it takes and with who may call it; returns: the type
    of the body, where that of the view does not say it. What is wrong with the request is answered
    by MalformedJson, ValidationFailed, UnsupportedMediaType.
    """

    def declare(view: Callable[..., object]) -> Callable[..., Any]:
        hints = get_type_hints(view, include_extras=True)
        body = returns or _body(hints.pop("return", None))
        hints.pop("return", None)
        declaration = Declaration(
            returns=body,
            statuses=_statuses(status, body),
            headers=headers,
            problems=problems,
            media_type=media_type,
            inputs=_inputs(view, hints),
            about=inspect.getdoc(view) or "",
        )
        called = _called(view, declaration)
        setattr(called, _MARK, declaration)
        return called

    return declare


def undocumented(view: View) -> View:
    """Mark *view* as none of the API's: it is not in the document."""
    setattr(view, _MARK, Declaration(returns=None, statuses=(), hidden=True))
    return view


def declaration(view: object) -> Declaration | None:
    """Return what *view* was declared to take and give, None if nobody has said so."""
    found = getattr(view, _MARK, None)
    return found if isinstance(found, Declaration) else None


def _statuses(status: int | tuple[int, ...], returns: object) -> tuple[int, ...]:
    given = status if isinstance(status, tuple) else (status,)
    return tuple(one or (200 if returns is not None else _NO_CONTENT) for one in given)


def _body(returned: Any) -> Any:  # noqa: ANN401
    """The type of the answer's body, of what a view returns."""
    body = get_args(returned)[0] if get_origin(returned) is Answer else returned
    return None if body is type(None) else body


def _inputs(view: Callable[..., object], hints: Mapping[str, Any]) -> Inputs | None:
    if not hints:
        return None
    from .inputs import Inputs  # noqa: PLC0415  (it needs msgspec: the function starts without)

    found: dict[str, Any] = {"path": {}, "headers": {}}
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(view).parameters.items()
        if parameter.default is not parameter.empty
    }
    for name, type_ in hints.items():
        header = next((one for one in _metadata(type_) if isinstance(one, Header)), None)
        if name in {"body", "query"}:
            found[name] = type_
        elif header is not None:
            found["headers"][name] = (header, type_)
        else:
            found["path"][name] = type_
    return Inputs(defaults=defaults, **found)


def _metadata(type_: Any) -> tuple[Any, ...]:  # noqa: ANN401
    return get_args(type_)[1:] if get_origin(type_) is Annotated else ()


def _called(view: Callable[..., object], declaration: Declaration) -> Callable[..., Any]:
    """What Flask calls in place of *view*."""
    inputs, returns = declaration.inputs, declaration.returns
    if inputs is None and not _needs_msgspec(returns):
        return view
    from msgspec.json import Encoder  # noqa: PLC0415

    encode = Encoder().encode

    @wraps(view)
    def called(**path: str) -> Response:
        given = view(**inputs.read(path)) if inputs is not None else view()
        answer = given if isinstance(given, Answer) else Answer(given)
        status = answer.status or declaration.statuses[0]
        if answer.body is None:
            response = Response(status=status)
            del response.headers["Content-Type"]
        else:
            response = Response(encode(answer.body) + b"\n", status, content_type=_JSON)
        if answer.headers:
            response.headers.update(answer.headers)
        return response

    return called


def _needs_msgspec(returns: Any) -> bool:  # noqa: ANN401
    """Flask itself writes what is a dict, and what is an answer already."""
    plain = get_origin(returns) or returns
    return not (isinstance(plain, type) and issubclass(plain, (dict, Response)))
