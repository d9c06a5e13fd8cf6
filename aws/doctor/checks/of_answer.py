"""What is answered over HTTP: with the certificate, and without."""

import shlex
from collections.abc import Iterator

from aws.doctor.conversation import Conversation, End
from aws.doctor.facts import Facts
from aws.doctor.meaning import NO_SUCH_PATH, code_of, is_admitted
from pki.findings import Finding

from .check import finding

_FRONT = {"doctor.http.forbidden", "doctor.http.bad-certificate"}
#: What an answer to a client without certificate tells of the API all the same.
_OF_ANYBODY = (
    "doctor.tls.silent",
    *(
        f"doctor.http.{code}"
        for code in (
            *("silent", "unfinished", "malformed", "error", "bad-gateway", "unavailable"),
            *("timeout", "throttled", "quota"),
        )
    ),
)
_LONGEST = 120


def anonymous(facts: Facts) -> Iterator[Finding]:
    """Yield that somebody without a certificate is served, where not everybody may come in."""
    met = facts.anonymous
    if met and met.answer and met.answer.is_success and not facts.question.url.is_public:
        said = f"without a certificate GET {met.path} is answered {met.answer.status}"
        yield finding(facts, "doctor.anonymous.accepted", f"{said}, expected a refusal")


def certificate(facts: Facts) -> Iterator[Finding]:
    """Yield that the front refuses the certificate over HTTP, or says the same of the path."""
    others = any(map(is_admitted, facts.answers))
    told = set()
    for met in facts.answers:
        code = _code(facts, met)
        if code not in _FRONT or code in told:
            continue
        told.add(code)
        if code == "doctor.http.forbidden" and others:
            code = "doctor.http.no-mapping"
        yield finding(facts, code, _said(met))


def http(facts: Facts) -> Iterator[Finding]:
    """Yield what is wrong with the answers to a certificate that was taken."""
    if not facts.chain:
        return
    codes = {met.path: _code(facts, met) for met in facts.answers}
    is_guess = not facts.question.url.path
    if is_guess and codes and set(codes.values()) <= NO_SUCH_PATH:
        said = f"neither {' nor '.join(codes)} is there"
        yield finding(facts, "doctor.http.no-known-path", said)
        return
    for met in _first_of_each(facts):
        code = _code(facts, met)
        if not is_guess or code not in NO_SUCH_PATH:
            location = met.answer.header("location") if met.answer else ""
            yield finding(facts, code, _said(met), location=shlex.quote(location) or "LOCATION")


def remarks(facts: Facts) -> Iterator[Finding]:
    """Yield that somebody without a certificate comes as far as to hear what is not there."""
    met = facts.anonymous
    if met is None or met.answer is None:
        return
    code = code_of(met.answer, facts.question.url)
    if code in NO_SUCH_PATH or met.answer.status == 405 or met.answer.is_redirect:  # noqa: PLR2004
        said = f"without a certificate GET {met.path} is answered {met.answer.status}"
        yield finding(facts, "doctor.anonymous.answered", f"{said}, expected a refusal")


def _first_of_each(facts: Facts) -> Iterator[Conversation]:
    """Yield the conversations to be told of: each code once, that of the front not again."""
    told = set(_FRONT) | {""}
    for met in facts.answers:
        code = _code(facts, met)
        if code not in told:
            told.add(code)
            yield met
    if not facts.answers and facts.anonymous and _code(facts, facts.anonymous) in _OF_ANYBODY:
        yield facts.anonymous


def _code(facts: Facts, met: Conversation) -> str:
    if met.end is End.SILENT and met.answer is None:
        return "doctor.http.silent" if met.is_agreed else "doctor.tls.silent"
    if met.end is End.NO_HTTP:
        return "doctor.http.malformed"
    if met.answer is None:
        return ""
    return code_of(met.answer, facts.question.url) or (
        "" if met.answer.is_whole else "doctor.http.unfinished"
    )


def _said(met: Conversation) -> str:
    asked = f"GET {met.path}"
    answer = met.answer
    if answer is None:
        return f"{asked} is not answered: {met.said}"
    if not answer.is_whole:
        why = met.said or "it was cut off"
        return f"{asked} is answered {answer.status}, and the answer has no end: {why}"
    if answer.is_redirect:
        return f"{asked} is answered {answer.status}, to {answer.header('location')[:_LONGEST]!r}"
    words = answer.message or str(answer.object.get("title", "")) or answer.header("server")
    kind = answer.header("x-amzn-errortype").partition(":")[0]
    more = ", ".join(filter(None, (repr(words[:_LONGEST]) if words else "", kind[:_LONGEST])))
    return f"{asked} is answered {answer.status}" + (f": {more}" if more else "")
