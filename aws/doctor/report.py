"""What the doctor says: what was looked at, then what was found."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from pki.describe import iso, printable, remaining
from pki.findings import Finding, Severity
from pki.steps import subject

from .answer import Answer
from .conversation import Conversation, End
from .facts import Facts

State = Literal["ok", "NO", "!!", "-"]
_LONGEST = 1000
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that was looked at: whether it is good, and what was seen."""

    what: str
    state: State  #: "NO": an error is among the findings, "!!": a warning, "-": not looked at
    said: str


def looks(facts: Facts, findings: Sequence[Finding]) -> list[Look]:
    """Return what was looked at, in its order."""
    found = {what: _look(what, said(facts), findings) for what, said in _LOOKS.items()}
    http = found["http"]
    if http.state == "ok" and not any(map(_is_served, facts.answers)):
        found["http"] = replace(http, state="NO")  # why is said of the line that explains it
    return list(found.values())


def text(facts: Facts, findings: Sequence[Finding]) -> str:
    """Return lines: what was looked at, then each finding with its hint."""
    lines = [
        facts.question.url.origin + facts.question.url.path,
        *(f"  {one.state:<4}{one.what:<11}{one.said}" for one in looks(facts, findings)),
        "",
        *(line for one in findings for line in _finding(one)),
    ]
    if not findings:
        lines.append("nothing is wrong, as far as can be seen from here")
    return "\n".join(printable(line)[:_LONGEST] for line in lines)


def as_json(facts: Facts, findings: Sequence[Finding]) -> str:
    """Return the same for programs."""
    value = {
        "url": facts.question.url.origin + facts.question.url.path,
        "at": iso(facts.question.now),
        "is_healthy": not any(one.severity.is_error for one in findings),
        "looked_at": [asdict(one) for one in looks(facts, findings)],
        "findings": [asdict(one) for one in findings],
    }
    return json.dumps(value, indent=2, ensure_ascii=True)


def _look(what: str, said: str, findings: Sequence[Finding]) -> Look:
    prefixes = tuple(f"doctor.{topic}." for topic in (what, *_ALSO.get(what, ())))
    found = [one.severity for one in findings if one.code.startswith(prefixes)]
    if any(severity.is_error for severity in found):
        return Look(what, "NO", said)
    if Severity.WARNING in found:
        return Look(what, "!!", said)
    return Look(what, "ok" if said else "-", said or "not looked at")


def _url(facts: Facts) -> str:
    url = facts.question.url
    return f"{url.scheme}, {url.host!r}, port {url.port}, {' and '.join(url.paths)}"


def _dns(facts: Facts) -> str:
    names = facts.names
    if names is None:
        return ""
    also = f"{names.canonical}: " if names.canonical not in {"", names.host} else ""
    return also + (", ".join(names.addresses) or names.said)


def _tcp(facts: Facts) -> str:
    return ", ".join(
        f"{one.address} {'answers' if one.outcome == 'answers' else one.said}"
        for one in facts.reached
    )


def _tls(facts: Facts) -> str:
    if not facts.anonymous:
        return ""
    h2 = any(one.alpn == "h2" for one in facts.versions.values())
    spoken = " and ".join(facts.spoken)
    return f"{spoken}, {'with' if h2 else 'without'} HTTP/2" if spoken else facts.anonymous.said


def _clock(facts: Facts) -> str:
    if facts.date is None:
        return ""
    return f"the server's says {iso(facts.date)}, ours {iso(facts.question.now)}"


def _server(facts: Facts) -> str:
    leaf = facts.chain[0] if facts.chain else None
    if leaf is None:
        return "its certificate cannot be read" if facts.chain else ""
    ends = leaf.not_valid_after_utc
    above = [subject(one) if one else "(cannot be read)" for one in facts.chain[1:]]
    sent = f", sent with {' and '.join(above)}" if above else ", sent alone"
    return f"{subject(leaf)}{sent}; until {iso(ends)} ({remaining(ends, facts.question.now)})"


def _asks(facts: Facts) -> str:
    if not facts.chain:
        return ""
    names = facts.authorities
    if names is None:
        return "for no client certificate"
    if not names:
        return "for a client certificate, and names no CA"
    said = [one.rfc4514_string() if one else "(cannot be read)" for one in names[:_MOST_NAMES]]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"for a client certificate of {'; '.join(said)}{more}"


def _client(facts: Facts) -> str:
    client = facts.client
    if client is None:
        return ""
    if client.leaf is None:
        return client.said
    ends = client.leaf.not_valid_after_utc
    return f"{subject(client.leaf)}; until {iso(ends)} ({remaining(ends, facts.question.now)})" + (
        f"; {client.said}" if client.fault else ""
    )


def _anonymous(facts: Facts) -> str:
    return _ended(facts.anonymous) if facts.anonymous and facts.chain else ""


def _http(facts: Facts) -> str:
    return ", ".join(f"GET {met.path}: {_ended(met)}" for met in facts.answers)


def _is_served(met: Conversation) -> bool:
    return met.answer is not None and (met.answer.is_success or met.answer.is_redirect)


def _ended(met: Conversation) -> str:
    if met.answer:
        return _status(met.answer)
    return f"refused: {met.said}" if met.end is End.REFUSED else met.said


def _status(answer: Answer) -> str:
    kind = answer.header("content-type").partition(";")[0]
    return f"{answer.status} {kind}".rstrip()


def _finding(finding: Finding) -> Iterator[str]:
    label = "error" if finding.severity.is_error else finding.severity.value
    yield f"{label}: {finding.code}: {finding.message}"
    yield f"  hint: {finding.hint}"


_LOOKS: dict[str, Callable[[Facts], str]] = {
    "url": _url,
    "dns": _dns,
    "tcp": _tcp,
    "tls": _tls,
    "clock": _clock,
    "server": _server,
    "asks": _asks,
    "client": _client,
    "anonymous": _anonymous,
    "http": _http,
}
#: Whose findings count for a line besides its own.
_ALSO = {"http": ("service",)}
