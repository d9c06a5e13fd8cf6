"""What the facts say: one tuple of checks, the most fundamental first. Pure."""

from collections.abc import Iterator, Sequence

from aws.doctor.causes import CAUSES
from aws.doctor.facts import Facts
from pki.findings import Finding

from . import of_account, of_answer, of_client, of_reach, of_server
from .check import Check

CHECKS: tuple[Check, ...] = (
    of_reach.url,
    of_reach.dns,
    of_reach.tcp,
    of_reach.tls,
    of_server.clock,
    of_server.trust,
    of_server.validity,
    of_server.name,
    of_account.causes,
    of_client.asks,
    of_client.files,
    of_client.validity,
    of_client.truststore,
    of_account.refusals,
    of_client.refused,
    of_answer.anonymous,
    of_answer.certificate,
    of_answer.http,
    of_reach.remarks,
    of_answer.remarks,
    of_account.weaknesses,
)


def diagnose(facts: Facts, checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """Return what is wrong, the cause first; what is only a consequence of it is not told.

    Errors come before warnings, each in the order of *checks*.
    """
    found: list[Finding] = []
    for finding in _all(facts, checks):
        # A finding that others make, such as the linter's, explains nothing.
        causes = [CAUSES[earlier.code] for earlier in found if earlier.code in CAUSES]
        if not finding.code.startswith(tuple(code for cause in causes for code in cause.explains)):
            found.append(finding)
    return sorted(found, key=lambda finding: not finding.severity.is_error)


def _all(facts: Facts, checks: Sequence[Check]) -> Iterator[Finding]:
    for check in checks:
        yield from check(facts)
