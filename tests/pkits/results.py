"""What decide() and service/chain.py say of each test of the suite, and why they differ from it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache

from pki.acceptance import Accepted, Front, decide
from service.chain import UntrustedChain, verify
from tests.pkits.suite import NOW, Case, cases

VALIDATORS = ("api-gateway", "alb", "chain.py")
OUTCOMES = ("passed", "refused by policy", "not supported", "let in")
_POLICY_SECTIONS = ("4.9 ", "4.10 ", "4.11 ", "4.12 ")

POLICIES = "certificate policies are not processed: critical ones are refused"
NOT_CRITICAL = (
    "requireExplicitPolicy that is not critical is passed over, as OpenSSL does by default"
)
DIRECTORY = "name constraints on directories, e-mail and URIs are not processed: always refused"
AUTHORITY = "the leaf of this test is a CA: no client's"
DSA = "DSA is no key that AWS lists"
SPELLING = "names are compared octet for octet (unconfirmed: names)"
TOO_LONG = "AWS takes at most four CAs"
GENERALIZED = "GeneralizedTime before 2050, which RFC 5280, 4.1.2.5 forbids a CA to write"
SELF_ISSUED = "cryptography's verifier counts self-issued CAs against a path length"

_BY_CODE = {
    "authority": AUTHORITY,
    "key-type": DSA,
    "issuer-spelled-differently": SPELLING,
    "issuer-not-found": SPELLING,
    "chain-too-long": TOO_LONG,
    "chain-member-name-constraints": DIRECTORY,
    "name-constraints": DIRECTORY,
}
_BY_NAME = {
    "ValidGeneralizedTimenotBeforeDateTest4": GENERALIZED,
    "ValidSelfIssuedpathLenConstraintTest15": SELF_ISSUED,
    "ValidSelfIssuedpathLenConstraintTest17": SELF_ISSUED,
}


@dataclass(frozen=True)
class Result:
    """What one validator says; reason: why it differs from the suite, or cannot agree with it."""

    case: Case
    validator: str
    is_accepted: bool
    said: str
    outcome: str
    reason: str


@cache
def results() -> tuple[Result, ...]:
    """Every test, before every validator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(_result(case, validator) for case in cases() for validator in VALIDATORS)


def _result(case: Case, validator: str) -> Result:
    said = _said(case, validator)
    is_accepted = said == ""
    # chain.py has no codes of its own: what is not supported is the same.
    code = said if validator != "chain.py" else _said(case, "alb")
    outcome, reason = _outcome(case, code, is_accepted=is_accepted)
    return Result(case, validator, is_accepted, said, outcome, reason)


def _outcome(case: Case, code: str, *, is_accepted: bool) -> tuple[str, str]:
    if is_accepted:
        if case.is_valid:
            return "passed", ""
        return "let in", NOT_CRITICAL
    reason = _BY_NAME.get(case.name) or _BY_CODE.get(code, "")
    if case.section.startswith(_POLICY_SECTIONS):
        return "not supported", POLICIES
    if "name-constraints" in code and "DNSname" not in case.name:
        return "not supported", DIRECTORY
    if case.is_valid:
        return "refused by policy", reason
    return "passed", ""


def _said(case: Case, validator: str) -> str:
    """The code or the words of a refusal; "" for an accepted one."""
    if validator == "chain.py":
        try:
            verify([case.leaf], case.authorities, NOW)
        except UntrustedChain as error:
            return str(error).splitlines()[0]
        return ""
    front: Front = "alb" if validator == "alb" else "api-gateway"
    verdict = decide(case.leaf, [], case.authorities, front=front, now=NOW)
    return "" if isinstance(verdict, Accepted) else verdict.code
