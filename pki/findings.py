"""What lint, explain and doctor say: findings, never exceptions."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is; whatever is ERROR or CRITICAL makes a command exit with 1."""

    CRITICAL = "critical"  #: a secret has come out
    ERROR = "error"  #: it will not work, or it lets in whom it should not
    WARNING = "warning"  #: it works today, or not for everybody
    INFO = "info"

    @property
    def is_error(self) -> bool:
        """Does it make a command fail."""
        return self in {Severity.CRITICAL, Severity.ERROR}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: what it is, and what to type next."""

    severity: Severity
    code: str  #: stable, dotted: "truststore.leaf", "domain.pending"
    message: str  #: what was found and what was expected: lower case, no full stop
    hint: str = ""  #: what to do, with a command where there is one
    about: str = ""  #: which certificate (RFC 4514 subject), parameter or resource; "" = the whole
    source: str = ""  #: who says so: RFC clause, AWS page
    front: str = ""  #: "api-gateway" or "alb" if it concerns one of them alone
    line: int = 0  #: where in a file, from 1; 0 = the whole


def errors(findings: list[Finding]) -> list[Finding]:
    """Return those of *findings* that make a command fail."""
    return [finding for finding in findings if finding.severity.is_error]
