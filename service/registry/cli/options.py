"""The options that say who a client is and what it may, and what they stand for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce
from typing import Any, TypeVar

import click

from service.registry.matcher import KINDS, Matcher
from service.registry.representation import FASTEST

from .certificate_file import CertificateFile
from .certificate_file import matchers as matchers_of
from .rate import RateType

_Command = TypeVar("_Command", bound=Callable[..., None])
_EXAMPLES = {
    "uri": "URI in the SAN, exactly",
    "uri-prefix": "every URI below this one, such as spiffe://example.org/team/",
    "dns": "DNS name in the SAN",
    "subject": "subject, such as 'CN=billing,O=Example'",
    "fingerprint": "SHA-256 over DER, hex",
}


def scopes(before: Collection[str], added: Collection[str], removed: Collection[str]) -> list[str]:
    """Return the scopes that remain, and the new ones; ValueError if one to remove is not there."""
    for scope in removed:
        if scope not in before:
            raise ValueError(f"it has no scope {scope!r}")
    return sorted({*before, *added}.difference(removed))


def recognised(command: _Command) -> _Command:
    """Give *command* an option for each kind of matcher, --issuer and --certificate."""
    options = [
        click.option(f"--{kind}", multiple=True, help=f"Its {about}; repeatable.")
        for kind, about in _EXAMPLES.items()
    ]
    options += [
        click.option("--issuer", default="", help="Only if this authority issued it (a name)."),
        click.option(
            "--certificate",
            multiple=True,
            type=CertificateFile(),
            metavar="FILE.pem",
            help="By URI (or else subject) and issuer of this one; - is what is typed; repeatable.",
        ),
    ]
    return _with(options, command)


def forgotten(command: _Command) -> _Command:
    """Give *command* an option for each kind of matcher to be removed."""
    options = [
        click.option(f"--remove-{kind}", multiple=True, help="No longer; repeatable.")
        for kind in KINDS
    ]
    return _with(options, command)


def limited(command: _Command) -> _Command:
    """Give *command* --rate and --burst."""
    options = [
        click.option("--rate", "steady", type=RateType(), help="In the long run, such as 10/s."),
        click.option("--burst", type=click.IntRange(1, FASTEST), help="At once."),
    ]
    return _with(options, command)


def for_programs(command: _Command) -> _Command:
    """Give *command* --json."""
    return _with([click.option("--json", "as_json", is_flag=True, help="For programs.")], command)


def matchers(given: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what was given with `recognised`, as draft.read takes it, the certificates' last."""
    if given["certificate"] and given["issuer"]:
        raise click.UsageError("--certificate brings its issuer along: leave out --issuer")
    found = [
        {"kind": kind, "value": value, "issuer": given["issuer"]}
        for kind in _EXAMPLES
        for value in given[_name(kind)]
    ]
    if given["issuer"] and not found:
        raise click.UsageError("--issuer goes with one of " + ", ".join(f"--{k}" for k in KINDS))
    return found + [one for named in given["certificate"] for one in matchers_of(named)]


def unwanted(matchers: Sequence[Matcher], given: Mapping[str, Any]) -> list[Matcher]:
    """Return those of *matchers* that `forgotten` names; ValueError if one is not there."""
    gone: list[Matcher] = []
    for kind in KINDS:
        for value in given[f"remove_{_name(kind)}"]:
            key = Matcher.of(kind, value).key[:2]
            found = [one for one in matchers if one.key[:2] == key]
            if not found:
                raise ValueError(f"it is not recognised by {kind} {value!r}")
            gone += found
    return gone


def _with(options: Sequence[Callable[[_Command], _Command]], command: _Command) -> _Command:
    return reduce(lambda made, option: option(made), reversed(options), command)


def _name(kind: str) -> str:
    return kind.replace("-", "_")
