"""CSRs: right in everything, break one thing. And raw DER for what no library makes."""

import warnings
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

Key = (
    ec.EllipticCurvePrivateKey
    | rsa.RSAPrivateKey
    | dsa.DSAPrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
)
KEY = ec.generate_private_key(ec.SECP256R1())
URI = x509.UniformResourceIdentifier("spiffe://example.org/a")
DNS = x509.DNSName("a.example.org")


def attribute(oid: x509.ObjectIdentifier, value: str) -> x509.RelativeDistinguishedName:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of a length beyond the bounds
        return x509.RelativeDistinguishedName([x509.NameAttribute(oid, value, _validate=False)])


def subject(*rdns: x509.RelativeDistinguishedName) -> x509.Name:
    return x509.Name(rdns)


NAME = subject(attribute(NameOID.ORGANIZATION_NAME, "Partner"), attribute(NameOID.COMMON_NAME, "a"))


def request(
    *,
    key: Key = KEY,
    name: x509.Name = NAME,
    sans: Sequence[x509.GeneralName] | None = (URI,),
    extensions: Sequence[x509.ExtensionType] = (),
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    """Return a CSR as PEM; None for *sans* leaves the extension out."""
    builder = x509.CertificateSigningRequestBuilder(name)
    if sans is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(sans), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    modern = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    chosen = None if modern else algorithm or hashes.SHA256()
    return builder.sign(key, chosen).public_bytes(Encoding.PEM)  # type: ignore[arg-type]


def usage(*names: str) -> x509.KeyUsage:
    """Return a key usage with *names* set."""
    every = "digital_signature content_commitment key_encipherment data_encipherment"
    every += " key_agreement key_cert_sign crl_sign encipher_only decipher_only"
    return x509.KeyUsage(**{name: name in names for name in every.split()})
