"""The OpenAPI document as one page for people: no script, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from flask import render_template_string
from markupsafe import Markup

_STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
code, pre { font: 14px/1.4 ui-monospace, monospace } pre { overflow: auto; padding: .5rem 1rem }
details { border: 1px solid; border-radius: 4px; margin: .5rem 0; padding: .5rem 1rem }
summary { cursor: pointer } table { border-collapse: collapse; margin: .5rem 0 }
td, th { padding: .1rem 1rem .1rem 0; text-align: left; vertical-align: top }
p { white-space: pre-line } :root { color-scheme: light dark }"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
#: Of the page: it may load nothing, run nothing, and be in nobody's frame (CSP 3).
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ info.title }}</title>
<style>{{ style }}</style>
<h1>{{ info.title }} {{ info.version }}</h1>
<p>{{ info.description }}</p>
<p>The same for programs: <a href="openapi.json">openapi.json</a></p>
{% for method, path, operation in operations %}
<details id="{{ operation.operationId }}">
<summary><code>{{ method | upper }} {{ path }}</code> {{ operation.summary }}</summary>
{% if operation.description %}<p>{{ operation.description }}</p>{% endif %}
<p>For {{ audience(operation.security[0]) }}.</p>
{% if operation.parameters %}<table>
<tr><th>parameter<th>in<th>what</tr>
{% for one in operation.parameters %}<tr><td><code>{{ one.name }}</code>
<td>{{ one["in"] }}{{ ", required" if one.required }}<td>{{ kind(one.schema) }}</tr>
{% endfor %}</table>{% endif %}
{% if operation.requestBody %}<p>Body: {{ content(operation.requestBody) }}</p>{% endif %}
<table><tr><th>answer<th>what<th>body</tr>
{% for status, answer in operation.responses.items() %}<tr><td>{{ status }}
<td>{{ answer.description }}{% for name in answer.headers or () %}, {{ name }}{% endfor %}
<td>{{ content(answer) }}</tr>
{% endfor %}</table>
</details>
{% endfor %}
<h2>Schemas</h2>
{% for name, schema in schemas.items() %}
<details id="schema-{{ name }}"><summary><code>{{ name }}</code></summary>
<pre>{{ pretty(schema) }}</pre></details>
{% endfor %}
</html>
"""


def page(document: Mapping[str, Any]) -> str:
    """Return *document* as HTML; every word of it is escaped."""
    return render_template_string(
        _PAGE,
        info=document["info"],
        style=Markup(_STYLE),  # noqa: S704  (ours)
        operations=list(_operations(document)),
        schemas=document["components"]["schemas"],
        audience=_audience,
        kind=_kind,
        content=_content,
        pretty=lambda schema: json.dumps(schema, indent=2, ensure_ascii=False),
    )


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method, path, operation


def _audience(security: Mapping[str, list[str]]) -> str:
    if "certificate" not in security:
        return "everybody, without a certificate too"
    scopes = " and ".join(security["certificate"])
    told = f"clients with the scope {scopes}" if scopes else "every admitted client"
    more = [name.replace("_", " ") for name in security if name != "certificate"]
    return f"{told}, with {' and '.join(more)}" if more else told


def _kind(schema: Mapping[str, Any]) -> str:
    """*schema* in one line."""
    rest = {name: value for name, value in schema.items() if name not in {"type", "description"}}
    words = [str(schema.get("type", "")), str(schema.get("description", ""))]
    words += [f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in rest.items()]
    return ", ".join(word for word in words if word)


def _content(holder: Mapping[str, Any]) -> Markup:
    """The body's type, with links to the schemas of which it is one."""
    found = Markup()
    for media_type, content in holder.get("content", {}).items():
        schema = content.get("schema", {})
        names = [
            one["$ref"].rpartition("/")[2] for one in schema.get("oneOf", [schema]) if "$ref" in one
        ]
        links = [Markup('<a href="#schema-{0}">{0}</a>').format(name) for name in names]
        found += Markup("{}: {}").format(media_type, Markup(", ").join(links or ["as it is"]))
    return found or Markup("none")
