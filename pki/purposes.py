"""What a certificate may be used for: as a client's leaf, and as a CA above one."""

from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID, ObjectIdentifier

from .algorithms import key_fault, signature_fault, validity_fault
from .describe import rfc4514
from .errors import UNREADABLE
from .verdict import Fault, Front

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_LARGEST_SERIAL = 2**159 - 1  # 20 octets in DER: RFC 5280, 4.1.2.2
_NETSCAPE_TYPE = ObjectIdentifier("2.16.840.1.113730.1.1")
_NETSCAPE_CLIENT = 0x80
_PROXY = ObjectIdentifier("1.3.6.1.5.5.7.1.14")
#: What cryptography's verifier acts upon: any other critical extension stops it.
UNDERSTOOD = {
    ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.EXTENDED_KEY_USAGE,
}


def form_fault(certificate: x509.Certificate) -> Fault | None:
    """Return what is wrong with the form of *certificate*, if anything is.

    It can be read to the end, is X.509 v3, and has a serial number of 1 to 20 octets that is
    positive (RFC 5280, 4.1, 4.1.2.1, 4.1.2.2).
    """
    try:
        certificate.issuer.public_bytes()
        certificate.subject.public_bytes()
        certificate.extensions  # noqa: B018
        certificate.not_valid_before_utc  # noqa: B018
        certificate.not_valid_after_utc  # noqa: B018
    except UNREADABLE as error:
        reason = (str(error).splitlines() or ["unreadable"])[0].lower().rstrip(".")
        return Fault("malformed", f"the certificate is malformed: {reason}")
    return number_fault(certificate)


def number_fault(certificate: x509.Certificate) -> Fault | None:
    """Return what is wrong with version or serial number (RFC 5280, 4.1.2.1, 4.1.2.2)."""
    version, serial_number = certificate.version, certificate.serial_number
    if version is not x509.Version.v3:
        return Fault("version", f"the certificate is X.509 {version.name}, expected v3")
    if not 0 < serial_number <= _LARGEST_SERIAL:
        found = f"the serial number is {serial_number:x}"
        return Fault("serial-number", f"{found}, expected a positive one of up to 20 octets")
    return None


def leaf_fault(leaf: x509.Certificate) -> Fault | None:
    """Return why the well-formed *leaf* is not for TLS clients, if it is not.

    1. it is no CA (RFC 5280, 4.2.1.9);
    2. it names clientAuth, if it names its uses (RFC 5280, 4.2.1.12);
    3. it may sign, if it says what its key may do (RFC 5280, 4.2.1.3);
    4. Netscape's certificate type, if it is there, has the bit for clients, as OpenSSL has it;
    5. there is no critical extension that is not understood (RFC 5280, 4.2).
    """
    constraints = _value(leaf, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        return Fault("authority", "the leaf is a CA, expected a client's certificate")
    usage = _value(leaf, x509.KeyUsage)
    fault = purpose_fault(leaf)
    if not fault and usage is not None and not usage.digital_signature:
        fault = Fault("may-not-sign", "keyUsage lacks digitalSignature: a client signs in TLS")
    return fault or _netscape_fault(leaf) or critical_fault(leaf)


def authority_fault(
    authority: x509.Certificate, front: Front, now: datetime, *, is_root: bool
) -> Fault | None:
    """Return why *front* takes no path through the well-formed *authority*, if it does not.

    1. it is a CA, and may issue (RFC 5280, 4.2.1.3, 4.2.1.9);
    2. it is valid at *now*;
    3. *front* takes its key, and the signature on it unless it is its own, which proves nothing;
    4. it names clientAuth, if it names uses: they hold for all below it, as OpenSSL has it;
    5. there is no critical extension that is not understood (RFC 5280, 4.2).
    """
    constraints = _value(authority, x509.BasicConstraints)
    usage = _value(authority, x509.KeyUsage)
    if constraints is None or not constraints.ca:
        return Fault("no-authority", "it has issued, but is no CA (basicConstraints)")
    if usage is not None and not usage.key_cert_sign:
        return Fault("may-not-issue", "it has issued, but keyUsage lacks keyCertSign")
    return (
        validity_fault(authority, now)
        or key_fault(authority, front)
        or (None if is_root else signature_fault(authority, front))
        or purpose_fault(authority)
        or critical_fault(authority)
    )


def constraints_fault(authority: x509.Certificate, *, names_host: bool) -> Fault | None:
    """Return which name constraint of *authority* nobody would hold against a leaf, if any.

    cryptography holds DNS names and IP addresses against SANs. OpenSSL holds directory names and
    e-mail addresses against subjects too, and DNS names against the CN of a leaf without them
    (RFC 5280, 4.2.1.10). *names_host*: is it such a leaf, see names_host_in_common_name().
    """
    constraints = _value(authority, x509.NameConstraints)
    if constraints is None:
        return None
    trees = (*(constraints.permitted_subtrees or ()), *(constraints.excluded_subtrees or ()))
    for tree in trees:
        if isinstance(tree, x509.DirectoryName | x509.RFC822Name):
            found = f"it constrains names of the kind {type(tree).__name__}"
            return Fault("name-constraints", f"{found}, expected DNS names or IP addresses")
        if names_host and isinstance(tree, x509.DNSName):
            found = "it constrains DNS names, and the leaf has one in its CN"
            return Fault("name-constraints", f"{found}, expected it in the SAN")
    return None


def names_host_in_common_name(leaf: x509.Certificate) -> bool:
    """Whether *leaf* has what may be a DNS name in its CN, and none in its SANs."""
    common_names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not any("." in str(common_name.value) for common_name in common_names):
        return False
    sans = _value(leaf, x509.SubjectAlternativeName)
    return sans is None or not any(isinstance(name, x509.DNSName) for name in sans)


def key_identifier(certificate: x509.Certificate) -> bytes | None:
    """Return the identifier of the key of *certificate* (RFC 5280, 4.2.1.2)."""
    found = _value(certificate, x509.SubjectKeyIdentifier)
    return found.digest if found else None


def authority_key_identifier(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier | None:
    """Return what *certificate* says of its issuer's key (RFC 5280, 4.2.1.1)."""
    return _value(certificate, x509.AuthorityKeyIdentifier)


def asks_by_number(above: x509.AuthorityKeyIdentifier | None) -> bool:
    """Whether *above* names the issuer's own issuer or serial number, not its key alone."""
    return above is not None and (
        above.authority_cert_serial_number is not None or above.authority_cert_issuer is not None
    )


def key_identifiers(
    certificate: x509.Certificate, issuer: x509.Certificate
) -> tuple[str, str] | None:
    """Return which issuer *certificate* wants and which *issuer* is, if they contradict.

    By key identifier, and by the issuer's own issuer and serial number (RFC 5280, 4.2.1.1).
    """
    wanted = _value(certificate, x509.AuthorityKeyIdentifier)
    if wanted is None:
        return None
    found = _value(issuer, x509.SubjectKeyIdentifier)
    identifier = wanted.key_identifier
    if identifier is not None and found is not None and identifier != found.digest:
        return identifier.hex(), found.digest.hex()
    serial_number = wanted.authority_cert_serial_number
    if serial_number is not None and serial_number != issuer.serial_number:
        return f"serial number {serial_number:x}", f"serial number {issuer.serial_number:x}"
    others = wanted.authority_cert_issuer or ()
    names = [other.value for other in others if isinstance(other, x509.DirectoryName)]
    if names and issuer.issuer not in names:
        return name(names[0]), name(issuer.issuer)
    return None


def name(of: x509.Name) -> str:
    """Return the name as RFC 4514 text, as describe.rfc4514 does."""
    return rfc4514(of) or "(empty)"


def folded(of: x509.Name) -> str:
    """Return the name as text that is the same where only case or blanks differ."""
    return " ".join(name(of).casefold().split())


def _value(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _for_clients(certificate: x509.Certificate) -> bool:
    uses = _value(certificate, x509.ExtendedKeyUsage)
    return uses is None or ExtendedKeyUsageOID.CLIENT_AUTH in uses


def purpose_fault(certificate: x509.Certificate) -> Fault | None:
    """Return that *certificate* names its uses, and clientAuth is none (RFC 5280, 4.2.1.12)."""
    if _for_clients(certificate):
        return None
    uses = _value(certificate, x509.ExtendedKeyUsage) or ()
    found = ", ".join(use.dotted_string for use in uses)
    expected = f"clientAuth ({ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string})"
    return Fault("not-for-clients", f"extendedKeyUsage is {found}, expected {expected}")


def _netscape_fault(certificate: x509.Certificate) -> Fault | None:
    for extension in certificate.extensions:
        if extension.oid == _NETSCAPE_TYPE and isinstance(
            extension.value, x509.UnrecognizedExtension
        ):
            # A BIT STRING of one octet: tag, length, unused bits, bits.
            value = extension.value.value
            head, unused, bits = value[:2], value[2:3], value[3:]
            is_right = head == b"\x03\x02" and unused <= b"\x07" and len(bits) == 1
            if not is_right or not bits[0] & _NETSCAPE_CLIENT:
                return Fault("netscape-type", "nsCertType is there, and lacks the client's bit")
    return None


def critical_fault(certificate: x509.Certificate) -> Fault | None:
    """Return which critical extension of *certificate* is not understood (RFC 5280, 4.2)."""
    for extension in certificate.extensions:
        if extension.oid == _PROXY:
            return Fault("critical-extension", "it is a proxy certificate (RFC 3820)")
        if extension.critical and extension.oid not in UNDERSTOOD:
            found = f"extension {extension.oid.dotted_string} is critical"
            return Fault("critical-extension", f"{found}, and not understood")
    return None
