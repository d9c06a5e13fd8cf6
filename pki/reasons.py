"""Every reason for a refusal: AWS's words for it, and where the rule comes from."""

from collections.abc import Mapping
from dataclasses import dataclass

from .verdict import Fault, Front, Refused

_REST = "API Gateway: How to turn on mutual TLS authentication for your REST APIs"
_403 = "AWS re:Post: troubleshoot 403 errors of API Gateway custom domains with mutual TLS"
_ALB = "ALB: Mutual authentication with TLS in Application Load Balancer"
_QUOTAS = "ALB: Quotas for your Application Load Balancers"
_LOG = "ALB: Connection logs for your Application Load Balancer, error reason codes"

_NO_ISSUER = "Could not find issuer for certificate"
_INSECURE = "Client cert using an insecure Signature Algorithm"
_SELF_SIGNED = "self signed certificate"


@dataclass(frozen=True, slots=True)
class Words:
    """How one front says it: *aws* and *source* as in Refused."""

    aws: str
    source: str


def refused(fault: Fault, front: Front) -> Refused:
    """Return *fault* in the words of *front*."""
    words = REASONS[fault.code][front]
    return Refused(fault.code, words.aws, fault.because, words.source)


def _says(gateway: str, gateway_source: str, alb: str, alb_source: str) -> dict[Front, Words]:
    return {
        "api-gateway": Words(gateway, gateway_source),
        "alb": Words(f"ClientCert{alb}", alb_source),
    }


def _unconfirmed(identifier: str, alb: str) -> dict[Front, Words]:
    return _says("", f"unconfirmed:{identifier}", alb, f"unconfirmed:alb-{identifier}")


#: By code; first what is wrong with the leaf, then with its path, then with a CA on the path: each
#: in the order in which it is looked for. Which of its codes ALB gives for what is read from their
#: one-line descriptions (unconfirmed:alb-status-codes).
REASONS: Mapping[str, Mapping[Front, Words]] = {
    "malformed": _says("", _REST, "Invalid", "RFC 5280, 4.1"),
    "version": _says("", "unconfirmed:version", "Invalid", _ALB),
    "serial-number": _unconfirmed("serial-number", "Invalid"),
    "expired": _says("", _REST, "Expired", _LOG),
    "not-yet-valid": _says("", _REST, "NotYetValid", _LOG),
    "key-type": _says("", _REST, "TypeUnsupported", _ALB),
    "key-too-small": _says("", _REST, "TypeUnsupported", _ALB),
    "key-too-large": _says("", "unconfirmed:rsa-above-8192", "TypeUnsupported", _ALB),
    "key-for-pss": _unconfirmed("key-for-pss", "TypeUnsupported"),
    "signature-hash": _says(_INSECURE, _REST, "TypeUnsupported", _ALB),
    "signature-type": _says("", _REST, "TypeUnsupported", _ALB),
    "signature-pss": _unconfirmed("signature-pss", "TypeUnsupported"),
    "self-signed": _says(_SELF_SIGNED, _403, "Untrusted", _LOG),
    "self-signed-listed": _says(
        _SELF_SIGNED,
        "unconfirmed:self-signed-listed",
        "Untrusted",
        "unconfirmed:alb-self-signed-listed",
    ),
    "authority": _unconfirmed("authority", "PurposeInvalid"),
    "not-for-clients": _says("", "unconfirmed:not-for-clients", "PurposeInvalid", _LOG),
    "may-not-sign": _says("", "unconfirmed:may-not-sign", "PurposeInvalid", _LOG),
    "netscape-type": _unconfirmed("netscape-type", "PurposeInvalid"),
    "critical-extension": _unconfirmed("critical-extension", "Invalid"),
    # The path.
    "too-many-sent": _says("", _REST, "MaxSizeExceeded", "unconfirmed:alb-too-many-sent"),
    "issuer-not-found": _says(_NO_ISSUER, _403, "Untrusted", _LOG),
    "issuer-spelled-differently": _says(
        _NO_ISSUER, "unconfirmed:names", "Untrusted", "unconfirmed:alb-names"
    ),
    "issuer-has-another-key": _says(_NO_ISSUER, _REST, "Untrusted", _LOG),
    "issuer-has-another-identifier": _says(
        _NO_ISSUER, "unconfirmed:key-identifiers", "Untrusted", "unconfirmed:alb-key-identifiers"
    ),
    "chain-incomplete": _says(_NO_ISSUER, _REST, "Untrusted", "unconfirmed:alb-partial-chain"),
    "chain-too-long": _says("", _REST, "MaxChainDepthExceeded", _QUOTAS),
    "search-too-large": _unconfirmed("search-too-large", "Untrusted"),
    "path-length": _says("", "unconfirmed:rfc-5280", "Untrusted", "RFC 5280, 4.2.1.9"),
    "name-constraints": _says("", "unconfirmed:rfc-5280", "Untrusted", "RFC 5280, 4.2.1.10"),
    "several-paths": _unconfirmed("several-paths", "Untrusted"),
    "path-refused": _unconfirmed("rfc-5280", "Untrusted"),
    # A CA on the path.
    "chain-member-version": _unconfirmed("version-of-authorities", "Untrusted"),
    "chain-member-serial-number": _unconfirmed("serial-number", "Untrusted"),
    "chain-member-no-authority": _says("", "RFC 5280, 4.2.1.9", "Untrusted", "RFC 5280, 4.2.1.9"),
    "chain-member-may-not-issue": _says(
        "", "unconfirmed:rfc-5280", "Untrusted", "RFC 5280, 4.2.1.3"
    ),
    "chain-member-expired": _says("", _REST, "Expired", "RFC 5280, 6.1.3"),
    "chain-member-not-yet-valid": _says("", _REST, "NotYetValid", "RFC 5280, 6.1.3"),
    "chain-member-key-type": _says("", _REST, "Untrusted", _ALB),
    "chain-member-key-too-small": _says("", _REST, "Untrusted", _ALB),
    "chain-member-key-too-large": _says("", "unconfirmed:rsa-above-8192", "Untrusted", _ALB),
    "chain-member-key-for-pss": _unconfirmed("key-for-pss", "Untrusted"),
    "chain-member-signature-hash": _says(_INSECURE, _REST, "Untrusted", _ALB),
    "chain-member-signature-type": _says("", _REST, "Untrusted", _ALB),
    "chain-member-signature-pss": _unconfirmed("signature-pss", "Untrusted"),
    "chain-member-not-for-clients": _unconfirmed("authorities-not-for-clients", "PurposeInvalid"),
    "chain-member-name-constraints": _unconfirmed("name-constraints", "Untrusted"),
    "chain-member-critical-extension": _unconfirmed("critical-extension", "Untrusted"),
}
