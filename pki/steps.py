"""A path, step by step: each certificate from the leaf up, and what is looked at in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509

from . import describe, public_keys
from .algorithms import key_fault, signature_fault, validity_fault
from .ancestry import trace
from .errors import UNREADABLE, PkiError
from .issuers import is_signed_by
from .purposes import (
    authority_fault,
    constraints_fault,
    critical_fault,
    form_fault,
    leaf_fault,
    name,
    names_host_in_common_name,
    purpose_fault,
)
from .verdict import Fault, Front

Role = Literal["leaf", "CA", "root"]
Place = Literal["given", "sent", "truststore"]
_LONGEST = 20  # CAs drawn; four is the most that a front takes
_MAY_NOT_ISSUE = {"no-authority", "may-not-issue"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at: what the certificate says, and which front takes it not."""

    what: str
    found: str
    faults: Mapping[Front, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One certificate of the path, and where it was found."""

    role: Role
    certificate: x509.Certificate
    place: Place
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A client that comes: its *leaf*, what it *sent* after it, and who decides when."""

    leaf: x509.Certificate
    sent: Sequence[x509.Certificate]
    truststore: Sequence[x509.Certificate]
    fronts: Sequence[Front]
    now: datetime


def route(case: Case) -> list[x509.Certificate]:
    """Return the CAs above the leaf, nearest first: to a root of the truststore, or as far as is.

    It says where to look for what is wrong: it is no verified path.
    """
    if _malformed(case.leaf):
        return []
    sent = case.sent if "alb" in case.fronts else ()
    ancestry = trace(case.leaf, case.truststore, sent)
    trusted = [root for root in ancestry.roots if root in case.truststore]
    found = ancestry.shortest_route(trusted) if case.leaf not in trusted else []
    if found:
        return found
    here = case.leaf
    while above := [issuer for issuer in ancestry.issuers.get(here, ()) if issuer not in found]:
        here = above[0]
        found.append(here)
    return found


def steps(case: Case, authorities: Sequence[x509.Certificate]) -> tuple[Step, ...]:
    """Return the leaf and *authorities* above it with all that is looked at in each."""
    path = [case.leaf, *authorities[:_LONGEST]]
    return tuple(_step(case, path, number) for number in range(len(path)))


def end(case: Case, authorities: Sequence[x509.Certificate]) -> str:
    """Return why *authorities* end where no trust anchor is; "" if they do not."""
    path = [case.leaf, *authorities]
    top = path[-1]
    if len(authorities) > _LONGEST:
        return f"{len(authorities) - _LONGEST} more CAs follow"
    try:
        if is_signed_by(top, top):
            is_trusted = top in case.truststore and len(path) > 1
            found = f"{name(top.subject)!r} signed itself"
            return "" if is_trusted else found
        return f"{name(top.issuer)!r}, which issued it, is not there with the key that signed it"
    except UNREADABLE:
        return "the name of its issuer cannot be read"


def subject(certificate: x509.Certificate) -> str:
    """Return the subject of *certificate*, which may be unreadable."""
    try:
        return name(certificate.subject)
    except UNREADABLE:
        return "(a subject that cannot be read)"


def _step(case: Case, path: Sequence[x509.Certificate], number: int) -> Step:
    certificate = path[number]
    is_root = is_signed_by(certificate, certificate)
    place: Place = "truststore" if certificate in case.truststore else "sent"
    fault = _malformed(certificate)
    try:
        checks = [] if fault else _checks(case, path, number, is_root=is_root)
    except UNREADABLE as error:
        fault, checks = Fault("malformed", f"a part of it cannot be read: {error}"), []
    if fault:
        checks = [Check("form", "", _on(case, fault))]
    if number == 0:
        return Step("leaf", certificate, "given", tuple(checks))
    return Step("root" if is_root else "CA", certificate, place, tuple(checks))


def _malformed(certificate: x509.Certificate) -> Fault | None:
    fault = form_fault(certificate)
    return fault if fault and fault.code == "malformed" else None


def _checks(
    case: Case, path: Sequence[x509.Certificate], number: int, *, is_root: bool
) -> list[Check]:
    certificate = path[number]
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    left = describe.remaining(ends, case.now) if begins <= case.now else "not yet valid"
    lifetime = f"{describe.iso(begins)} to {describe.iso(ends)} ({left})"
    form = f"{certificate.version.name}, serial number {describe.serial_number(certificate)}"
    checks = [
        Check("form", f"X.509 {form}", _on(case, form_fault(certificate))),
        Check("validity", lifetime, _on(case, validity_fault(certificate, case.now))),
        _each(case, "key", key_type(certificate), lambda front: key_fault(certificate, front)),
    ]
    if number == 0 or not is_root:
        kind = certificate.signature_algorithm_oid._name  # noqa: SLF001
        checks.append(
            _each(case, "signature", kind, lambda front: signature_fault(certificate, front))
        )
    if number == 0:
        checks.append(Check("use", _leaf_use(certificate), _on(case, leaf_fault(certificate))))
    else:
        checks += _authority_checks(case, path, number)
    return [*checks, *_issuer(path, number, is_root=is_root)]


def _authority_checks(case: Case, path: Sequence[x509.Certificate], number: int) -> list[Check]:
    authority = path[number]
    valid_then = authority.not_valid_before_utc  # its time has a line of its own

    def use(front: Front) -> Fault | None:
        fault = authority_fault(authority, front, valid_then, is_root=True)
        may_issue = fault is None or fault.code not in _MAY_NOT_ISSUE
        return purpose_fault(authority) or critical_fault(authority) if may_issue else fault

    checks = [_each(case, "use", _authority_use(authority), use)]
    # The verifier counts self-issued CAs too, which RFC 5280, 4.2.1.9 does not (docs/pkits.md).
    below = number - 1
    limit = _path_length(authority)
    if limit is not None:
        fault = Fault("path-length", f"pathLength is {limit}") if below > limit else None
        found = f"{limit} allowed, {below} CA{'s' * (below != 1)} between it and the leaf"
        checks.append(Check("path length", found, _on(case, fault)))
    names_host = names_host_in_common_name(path[0])
    constraints = constraints_fault(authority, names_host=names_host)
    if constraints:
        checks.append(Check("names", "", _on(case, constraints)))
    return checks


def _issuer(path: Sequence[x509.Certificate], number: int, *, is_root: bool) -> list[Check]:
    if is_root:
        return [Check("issued by", "itself", {})]
    if number + 1 == len(path):
        return []
    above = name(path[number + 1].subject)
    return [Check("issued by", f"{number + 2}, {above}: its key verifies the signature", {})]


def _each(case: Case, what: str, found: str, ask: Callable[[Front], Fault | None]) -> Check:
    faults = {front: fault.because for front in case.fronts if (fault := ask(front))}
    return Check(what, found, faults)


def _on(case: Case, fault: Fault | None) -> Mapping[Front, str]:
    return dict.fromkeys(case.fronts, fault.because) if fault else {}


def key_type(certificate: x509.Certificate) -> str:
    """Return the type of the key of *certificate*, which may be unreadable."""
    try:
        return public_keys.describe(certificate.public_key())
    except UNREADABLE:
        return "unreadable"


def _said(certificate: x509.Certificate) -> describe.Description | None:
    try:
        return describe.describe(certificate)
    except PkiError:
        return None


def _leaf_use(leaf: x509.Certificate) -> str:
    said = _said(leaf)
    if said is None:
        return "cannot be read to the end"
    purposes = ", ".join(said.extended_key_usage) or "any purpose"
    return f"{purposes}; {', '.join(said.key_usage) or 'any key usage'}"


def _authority_use(authority: x509.Certificate) -> str:
    said = _said(authority)
    if said is None:
        return "cannot be read to the end"
    usage = ", ".join(said.key_usage) or "any key usage"
    return f"{'CA' if said.is_ca else 'no CA'}; {usage}"


def _path_length(authority: x509.Certificate) -> int | None:
    said = _said(authority)
    return said.path_length if said else None
