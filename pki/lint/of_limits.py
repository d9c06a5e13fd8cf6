"""Rules for how much there may be."""

from collections.abc import Iterator

from pki.findings import Severity
from pki.tbs import LARGEST
from pki.verdict import Front

from .rule import ALB_QUOTAS, OWN, REST_QUOTAS, Bundle, Grade, Hit, Rule, of

_SPLIT = "leave out what is not needed, or split it over two domains"
MOST: dict[Front, int] = {"api-gateway": 1000, "alb": 25}
#: "1 MB" and "16 KB": the smaller reading of each.
LARGEST_FILE, LARGEST_CERTIFICATE = 1_000_000, 16_000
#: Beyond that nothing is read: whatever it is, it is no truststore of either front.
LARGEST_READ = 2 * 1024 * 1024
_SUBJECTS = 10_000


def _too_many(bundle: Bundle) -> Iterator[Hit]:
    for front, most in MOST.items():
        if bundle.scan.count > most:
            message = f"there are {bundle.scan.count:,} certificates, expected up to {most:,}"
            yield Hit(message, front=front)


def _too_large(bundle: Bundle) -> Iterator[Hit]:
    size = len(bundle.content)
    if size > LARGEST_READ:
        yield Hit(
            f"the file has {size:,} octets, and was not read: expected up to {LARGEST_FILE:,}"
        )
    elif size > LARGEST_FILE:
        message = f"the file has {size:,} octets, expected up to {LARGEST_FILE:,}"
        yield Hit(message, front="api-gateway")


def _large_certificate(bundle: Bundle) -> Iterator[Hit]:
    for member in bundle.members:
        if member.size > LARGEST_CERTIFICATE:
            yield of(member, f"it has {member.size:,} octets, expected up to 16,000", "alb")
    for broken in bundle.broken:
        if broken.is_oversized:
            message = f"{broken.because}, and was not read: expected up to {LARGEST:,} in DER"
            yield Hit(message, f"certificate {broken.number}", broken.line)


def _large_subjects(bundle: Bundle) -> Iterator[Hit]:
    size = sum(len(member.subject) for member in bundle.members)
    if size > _SUBJECTS:
        yield Hit(f"the subjects have {size:,} octets together, expected up to {_SUBJECTS:,}")


RULES = (
    Rule("too-many", "there are more certificates than the front takes: 1,000, or ALB's 25",
         "the front refuses the file", _SPLIT,
         {"api-gateway": Grade(Severity.ERROR, REST_QUOTAS),
          "alb": Grade(Severity.ERROR, ALB_QUOTAS)}, _too_many),
    Rule("too-large", "the file has more than 1,000,000 octets; beyond 2 MiB it is not read",
         "API Gateway takes 1 MB; which of the two megabytes is not known", _SPLIT,
         {"api-gateway": Grade(Severity.ERROR, "unconfirmed:megabyte"),
          "alb": Grade(Severity.ERROR, OWN)}, _too_large),
    Rule("certificate-too-large",
         "a certificate has more than 16,000 octets of PEM (ALB), or more than 96 KiB (both)",
         "ALB takes 16 KB; with TLS messages of 64 K nobody could send a larger one", _SPLIT,
         {"api-gateway": Grade(Severity.ERROR, OWN),
          "alb": Grade(Severity.ERROR, "unconfirmed:alb-kilobyte")}, _large_certificate),
    Rule("subjects-too-large", "the subjects have more than 10,000 octets together",
         "ALB counts them", _SPLIT,
         {"alb": Grade(Severity.ERROR, ALB_QUOTAS)}, _large_subjects),
)  # fmt: skip
