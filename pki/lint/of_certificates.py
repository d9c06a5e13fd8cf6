"""Rules for each certificate by itself: what it is, and what its key and its signature are."""

from collections.abc import Callable, Iterator

from cryptography import x509

from pki.findings import Severity
from pki.purposes import UNDERSTOOD, critical_fault, purpose_fault
from pki.verdict import Fault

from .members import Member
from .rule import Bundle, Faults, Hit, Rule, both, of, refused

_LEAVE_OUT = "leave it out: a truststore holds issuing CAs and their roots, never a leaf"
_REISSUE = "ask its owner for one that is right, and leave this one out"
_Check = Callable[[Bundle], Iterator[Hit]]


def _form(code: str) -> _Check:
    def check(bundle: Bundle) -> Iterator[Hit]:
        for member in bundle.family.members:
            if member.form and member.form.code == code:
                yield of(member, member.form.because)

    return check


def _key(code: str) -> _Check:
    return _by_front(code, lambda _, faults: faults.key)


def _signature(code: str) -> _Check:
    return _by_front(code, lambda is_root, faults: None if is_root else faults.signature)


def _by_front(code: str, find: Callable[[bool, Faults], Fault | None]) -> _Check:
    """Return a check of what is wrong with *code*; *find*: that of a root, or of another."""

    def check(bundle: Bundle) -> Iterator[Hit]:
        for (member, front), faults in bundle.faults.items():
            fault = find(member in bundle.family.roots, faults)
            if fault and fault.code == code:
                yield of(member, fault.because, front)

    return check


def _root_signature(bundle: Bundle) -> Iterator[Hit]:
    for (member, front), faults in bundle.faults.items():
        if faults.signature and not faults.key and member in bundle.family.roots:
            yield of(member, f"{faults.signature.because}; it signed itself", front)


def _authorities(find: Callable[[Bundle, Member], str]) -> _Check:
    """Return a check of the CAs, those that were meant to be ones too; *find*: what is wrong."""

    def check(bundle: Bundle) -> Iterator[Hit]:
        for member in bundle.authorities:
            message = "" if _is_old(member) else find(bundle, member)
            if message:
                yield of(member, message)

    return check


def _is_old(member: Member) -> bool:
    """Whether it is X.509 v1 or v2, of which all else follows."""
    return member.form is not None and member.form.code == "version"


def _leaf(bundle: Bundle) -> Iterator[Hit]:
    for member in bundle.family.members:
        if not _is_old(member) and not bundle.family.is_authority(member):
            yield of(member, "it is no CA, expected CA certificates only")


def _no_constraints(_: Bundle, member: Member) -> str:
    return "" if member.constraints else "it has no basicConstraints, expected CA:TRUE"


def _no_authority(bundle: Bundle, member: Member) -> str:
    if member.constraints is None or member.is_ca:
        return ""
    did = "it has issued others here" if bundle.family.children.get(member) else "it may sign some"
    return f"{did}, but basicConstraints says that it is no CA"


def _may_not_issue(_: Bundle, member: Member) -> str:
    lacks = member.is_ca and member.usage is not None and not member.signs_certificates
    return "keyUsage lacks keyCertSign" if lacks else ""


def _no_usage(_: Bundle, member: Member) -> str:
    return "it has no keyUsage, expected keyCertSign" if not member.usage else ""


def _not_critical(_: Bundle, member: Member) -> str:
    found = member.extensions.get(x509.BasicConstraints.oid)
    return "basicConstraints is not critical" if found and not found.critical else ""


def _not_for_clients(_: Bundle, member: Member) -> str:
    if x509.ExtendedKeyUsage.oid not in member.extensions:
        return ""
    fault = purpose_fault(member.certificate)
    return fault.because if fault else ""


def _critical(_: Bundle, member: Member) -> str:
    if member.extensions.keys() <= UNDERSTOOD:
        return ""
    fault = critical_fault(member.certificate)
    return fault.because if fault else ""


def _no_identifier(bundle: Bundle, member: Member) -> str:
    if member.identifier is None:
        return "it has no subjectKeyIdentifier"
    lacks = member.wanted is None and member not in bundle.family.roots
    return "it has no authorityKeyIdentifier" if lacks else ""


RULES = (
    Rule("leaf", "a certificate is no CA, and nothing says that it was meant to be one",
         "it lets nobody in, and itself only where a front takes self-signed ones",
         _LEAVE_OUT, both(Severity.WARNING, "unconfirmed:pem", "unconfirmed:alb-pem"), _leaf),
    Rule("no-basic-constraints", "a CA has no basicConstraints",
         "it is no CA then, and nothing below it is let in", _REISSUE,
         refused("no-authority"), _authorities(_no_constraints)),
    Rule("no-authority", "basicConstraints says CA:FALSE, and yet it issues certificates",
         "who has a leaf could issue others with it, if verifiers did not look", _REISSUE,
         refused("no-authority"), _authorities(_no_authority)),
    Rule("may-not-issue", "a CA has keyUsage without keyCertSign",
         "nothing below it is let in", _REISSUE,
         refused("may-not-issue"), _authorities(_may_not_issue)),
    Rule("no-key-usage", "a CA has no keyUsage",
         "a CA must have it; strict verifiers refuse", _REISSUE,
         both(Severity.WARNING, "RFC 5280, 4.2.1.3"), _authorities(_no_usage)),
    Rule("not-critical", "basicConstraints of a CA is not critical",
         "it must be; strict verifiers refuse", _REISSUE,
         both(Severity.WARNING, "RFC 5280, 4.2.1.9"), _authorities(_not_critical)),
    Rule("version", "a certificate is X.509 v1 or v2",
         "it cannot say that it is a CA", _REISSUE, refused("version"), _form("version")),
    Rule("serial-number", "a serial number is 0, below, or longer than 20 octets",
         "strict verifiers refuse it, and revoking goes by it", _REISSUE,
         refused("serial-number"), _form("serial-number")),
    Rule("key-too-small", "an RSA key has less than 2048 bits",
         "both pages ask for 2048", _REISSUE,
         refused("key-too-small"), _key("key-too-small")),
    Rule("key-too-large", "an RSA key has more than 8192 bits",
         "ALB's page ends there; of API Gateway it is not known", _REISSUE,
         refused("key-too-large"), _key("key-too-large")),
    Rule("key-type", "a key is of a kind that the front's page does not list, or RSA with an"
         " exponent of more than 64 bits",
         "API Gateway lists RSA, P-256 and P-384, ALB P-521 too: neither has Ed25519 or ML-DSA",
         _REISSUE, refused("key-type"), _key("key-type")),
    Rule("key-for-pss", "a key is an RSA key for PSS alone",
         "neither page lists it", _REISSUE, refused("key-for-pss"), _key("key-for-pss")),
    Rule("signature-hash", "a certificate below a root is signed with SHA-1, MD5 or SHA-224",
         "both pages ask for SHA-256 or stronger", _REISSUE,
         refused("signature-hash"), _signature("signature-hash")),
    Rule("signature-type", "a certificate below a root has a signature of an unlisted kind",
         "the pages list ECDSA and RSA", _REISSUE,
         refused("signature-type"), _signature("signature-type")),
    Rule("signature-pss", "a certificate below a root is signed with RSASSA-PSS",
         "ALB takes it with MGF1 of the same hash and a salt as long; API Gateway has it not",
         _REISSUE, refused("signature-pss"), _signature("signature-pss")),
    Rule("root-signature", "a root signed itself with what the front does not list",
         "its own signature proves nothing, but the page makes no exception for it",
         "ask its owner whether the same key has signed a newer one",
         both(Severity.WARNING, "unconfirmed:root-signature", "unconfirmed:alb-root-signature"),
         _root_signature),
    Rule("not-for-clients", "a CA has extendedKeyUsage without clientAuth",
         "it holds for everything below: no client is let in", _REISSUE,
         refused("not-for-clients"), _authorities(_not_for_clients)),
    Rule("critical-extension", "a critical extension is one that verifiers do not know",
         "they must refuse the certificate then", _REISSUE,
         refused("critical-extension"), _authorities(_critical)),
    Rule("no-key-identifier", "a CA has no key identifier, or not its issuer's",
         "with two CAs of one name, verifiers guess", _REISSUE,
         both(Severity.INFO, "RFC 5280, 4.2.1.1, 4.2.1.2"), _authorities(_no_identifier)),
)  # fmt: skip
