"""The signature on a certificate: whose key is behind it."""

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from .tbs import Parts

_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


def verify(certificate: x509.Certificate, own: Parts, issuer: x509.Certificate) -> None:
    """Return if the key of *issuer*, whose name *certificate* bears, has signed it.

    *own*: the parts of *certificate*. InvalidSignature if another key has, one of errors.UNREADABLE
    if nobody can tell. As verify_directly_issued_by does it, which encodes for that once more what
    was signed: where it is ECDSA the octets are taken as they stand, in three quarters of the time.
    """
    key, algorithm = issuer.public_key(), certificate.signature_algorithm_parameters
    if (
        isinstance(key, ec.EllipticCurvePublicKey)
        and isinstance(algorithm, ec.ECDSA)
        and isinstance(algorithm.algorithm, _HASHES)
        and own.names_one_algorithm
    ):
        key.verify(certificate.signature, own.signed, algorithm)
    else:
        certificate.verify_directly_issued_by(issuer)
