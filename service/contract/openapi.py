"""The API as an OpenAPI document (3.1), made of what the views declare."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from flask import Flask, Response
from msgspec.json import schema_components
from msgspec.structs import FieldInfo, fields
from werkzeug.routing import Rule

from service.authorization import Demands, demands
from service.problems import Problem

from .answers import JSON, REFERENCE, Refer, answers, one_by_one, raised_by
from .declared import Declaration, declaration
from .header import Header
from .links import link

VERSION = "1.0.0"  #: of the API
API_KEY = "Client-Api-Key"  #: as registry/api_keys.py has it, which without a registry is not there
#: Those that a path may have (OpenAPI 3.1, Path Item Object), HEAD and OPTIONS left out.
METHODS = ("get", "put", "post", "delete", "patch")
_ABOUT = """\
Every caller shows a client certificate in the TLS handshake; a terminator that does not take it
ends the connection. A refusal is a problem (RFC 9457), of which `type` says what it is."""
_Schema = dict[str, Any]


def document(app: Flask, server: str) -> dict[str, Any]:
    """Return the document of *app*, whose paths begin behind *server*.

    A view that declares nothing is in it too, with all that is known of it.
    """
    found = sorted(_operations(app), key=lambda one: (one[0], METHODS.index(one[1])))
    refer, schemas = _schemas(declared for *_, declared in found)
    paths: dict[str, dict[str, Any]] = {}
    used: set[type[Problem]] = set()
    for path, method, endpoint, declared in found:
        demanded = demands(app.view_functions[endpoint])
        raised = raised_by(declared, demanded)
        used |= raised
        paths.setdefault(path, {})[method] = {
            "operationId": endpoint.replace(".", "_"),
            "tags": [endpoint.partition(".")[0]],
            **_about(declared.about),
            **_taken(path, declared, refer),
            "responses": answers(declared, raised, refer),
            "security": _security(demanded),
        }
    link(paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mTLS API", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, **one_by_one(used)},
            "securitySchemes": _schemes(app),
        },
    }


def _operations(app: Flask) -> Iterator[tuple[str, str, str, Declaration]]:
    """Yield path, method, endpoint and declaration of whatever is not hidden."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        declared = declaration(view) or Declaration(
            returns=Any, statuses=(200,), about=inspect.getdoc(view) or ""
        )
        for method in METHODS:
            if method.upper() in (rule.methods or ()) and not declared.hidden:
                yield _path(rule), method, rule.endpoint, declared


def _path(rule: Rule) -> str:
    return re.sub(r"<(?:[^:<>]*:)?(\w+)>", r"{\1}", rule.rule)


def _about(text: str) -> _Schema:
    summary, _, rest = text.partition("\n\n")
    found = {"summary": " ".join(summary.split()).removesuffix(".")}
    return {**found, "description": rest} if rest else found


def _schemas(declarations: Iterable[Declaration]) -> tuple[Refer, dict[str, Any]]:
    """What makes a schema of a type, and those that it refers to, by name."""
    types: list[Any] = []
    for one in declarations:
        types.append(one.returns)
        if one.inputs is not None:
            types += [one.inputs.body, *one.inputs.path.values()]
            types += [type_ for header, type_ in one.inputs.headers.values() if not header.parse]
            types += [field.type for field in _fields(one.inputs.query)]
    wanted = [type_ for type_ in types if _has_schema(type_)]
    made, components = schema_components(wanted, schema_hook=_whatever, ref_template=REFERENCE)
    pairs = list(zip(wanted, made, strict=True))

    def refer(type_: Any) -> _Schema:  # noqa: ANN401
        if not _has_schema(type_):
            return {}
        return next(_clean(schema) for known, schema in pairs if known is type_)

    return refer, _clean(components)


def _whatever(type_: type) -> _Schema:
    """Of what msgspec does not know nothing is said but its name."""
    return {"title": type_.__name__}


def _has_schema(type_: Any) -> bool:  # noqa: ANN401
    return type_ not in {None, Any, Response}


def _clean(schema: Any) -> Any:  # noqa: ANN401
    """The same, with descriptions that are docstrings set flush left."""
    if isinstance(schema, list):
        return [_clean(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _clean(value) for name, value in schema.items()}
    if isinstance(found.get("description"), str):
        found["description"] = inspect.cleandoc(found["description"])
    return found


def _taken(path: str, declared: Declaration, refer: Refer) -> _Schema:
    """The parameters and the body of an operation."""
    inputs = declared.inputs
    names = re.findall(r"{(\w+)}", path)
    if inputs is None:
        found = [_parameter(name, "path", {"type": "string"}, required=True) for name in names]
        return {"parameters": found} if found else {}
    parameters = [
        _parameter(name, "path", refer(inputs.path[name]), required=True) for name in names
    ]
    for field in _fields(inputs.query):
        schema = dict(refer(field.type))
        if not field.required:
            schema["default"] = field.default
        parameters.append(_parameter(field.encode_name, "query", schema, required=field.required))
    for name, (header, type_) in inputs.headers.items():
        schema = _text(header) if header.parse else refer(type_)
        required = name not in inputs.defaults
        parameters.append(_parameter(header.name, "header", schema, required=required))
    taken: _Schema = {"parameters": parameters} if parameters else {}
    if inputs.body is not None:
        content = {JSON: {"schema": refer(inputs.body)}}
        taken["requestBody"] = {"required": True, "content": content}
    return taken


def _text(header: Header) -> _Schema:
    found: _Schema = {"type": "string"}
    if header.pattern:
        found["pattern"] = header.pattern
    return {**found, "examples": [header.example]} if header.example else found


@cache
def _fields(query: Any) -> tuple[FieldInfo, ...]:  # noqa: ANN401
    return fields(query) if query is not None else ()


def _parameter(name: str, place: str, schema: _Schema, *, required: bool) -> _Schema:
    return {"name": name, "in": place, "required": required, "schema": schema}


def _security(demanded: Demands) -> list[Mapping[str, list[str]]]:
    """What a caller has to have: {} = nothing. The scopes are roles (OpenAPI 3.1, 4.8.30)."""
    if demanded.is_public:
        return [{}]
    scopes = sorted(demanded.scopes)
    wanted = {"certificate": scopes}
    if demanded.token:
        wanted["token"] = scopes
    if demanded.api_key:
        wanted["api_key"] = scopes
    return [wanted]


def _schemes(app: Flask) -> _Schema:
    found: _Schema = {
        "certificate": {"type": "mutualTLS", "description": "A client certificate (RFC 8446)."}
    }
    if any(demands(view).token for view in app.view_functions.values()):
        found["token"] = {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Bound to the certificate (RFC 8705, 3).",
        }
    if any(demands(view).api_key for view in app.view_functions.values()):
        found["api_key"] = {"type": "apiKey", "in": "header", "name": API_KEY}
    return found
