"""The only file that makes, writes or reads a private key."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from . import public_keys
from .errors import PkiError, filesystem

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Ask = Callable[[], bytes]

MODE = 0o600
_LONGEST_PASSPHRASE = 1023  # bytes; OpenSSL reads no more
_LARGEST_FILE = 64 * 1024


def generate(key_type: str) -> PrivateKey:
    """Return a new key of *key_type*, one of public_keys.KEY_TYPES; PkiError for others."""
    if key_type not in public_keys.KEY_TYPES:
        expected = ", ".join(public_keys.KEY_TYPES)
        raise PkiError(
            f"key type is {key_type!r}, expected one of {expected}", "leave it out for ec-p256"
        )
    family, size = key_type.split("-")
    if family == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=int(size))
    return ec.generate_private_key(public_keys.CURVES[size]())


def hash_for(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """Return what *key* signs with: SHA-384 on P-384, else SHA-256."""
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1):
        return hashes.SHA384()
    return hashes.SHA256()


def signing(key: PrivateKey, algorithm: hashes.HashAlgorithm) -> Callable[[bytes], bytes]:
    """Return what signs bytes with *key*: ECDSA, or RSA with PKCS #1 v1.5."""
    # Closures, for partial() would pass keywords, which take their time each time.
    if isinstance(key, rsa.RSAPrivateKey):
        rsa_key, pkcs1 = key, padding.PKCS1v15()
        return lambda data: rsa_key.sign(data, pkcs1, algorithm)
    ec_key, ecdsa = key, ec.ECDSA(algorithm)
    return lambda data: ec_key.sign(data, ecdsa)


def check_passphrase(passphrase: bytes) -> bytes:
    """Return *passphrase*, or raise PkiError if it is empty or longer than 1023 bytes."""
    if not passphrase:
        raise PkiError("passphrase is empty", "give one, or unset the variable to do without")
    if len(passphrase) > _LONGEST_PASSPHRASE:
        raise PkiError("passphrase is longer than 1023 bytes", "give a shorter one")
    return passphrase


def to_pem(key: PrivateKey, passphrase: bytes | None = None) -> bytes:
    """Return *key* as PKCS#8 PEM, encrypted (PBES2, AES-256) if there is a *passphrase*."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        encryption = serialization.BestAvailableEncryption(check_passphrase(passphrase))
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


@dataclass(frozen=True, slots=True)
class P12:
    """How a PKCS#12 is closed: one of P12_ENCRYPTIONS, and with which passphrase."""

    passphrase: bytes
    encryption: str


#: PBES2 with AES-256-CBC is what OpenSSL 3, Java 17, NSS, Windows 10 and Server 2019 open. Keychain
#: up to macOS 14 at least, Android up to 13 and Windows Server 2016 say of it that the passphrase
#: is wrong (pyca/cryptography issue 7293; ansible.windows pull request 582).
P12_ENCRYPTIONS: Mapping[str, tuple[pkcs12.PBES, hashes.HashAlgorithm]] = {
    "aes-256": (pkcs12.PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256()),
    "3des": (pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1()),  # noqa: S303
}


def to_p12(name: str, key: PrivateKey, chain: Sequence[x509.Certificate], closed: P12) -> bytes:
    """Return PKCS#12 with *key*, the leaf chain[0] and its issuers, friendly name *name*."""
    algorithm, mac = P12_ENCRYPTIONS[closed.encryption]
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(50_000)
        .key_cert_algorithm(algorithm)
        .hmac_hash(mac)
        .build(check_passphrase(closed.passphrase))
    )
    leaf, *issuers = chain
    return pkcs12.serialize_key_and_certificates(name.encode(), key, leaf, issuers, encryption)


def write(path: Path, data: bytes) -> None:
    """Create *path* with *data*, readable by its owner alone; never overwrite."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def is_encrypted(path: Path) -> bool:
    """Whether the key file at *path* needs a passphrase."""
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in _content(path)


def read(path: Path, ask: Ask) -> PrivateKey:
    """Return the key in *path*; *ask* is called for the passphrase if it needs one.

    PkiError if it cannot be read, is no key of ours, or the passphrase is wrong.
    """
    pem = _content(path)
    passphrase = check_passphrase(ask()) if is_encrypted(path) else None
    try:
        key = serialization.load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if passphrase is not None:
            raise PkiError(
                f"passphrase does not open {str(path)!r}", "try again with the one it was made with"
            ) from error
        raise PkiError(f"{str(path)!r} holds no private key", f"head -1 {path}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise PkiError(
            f"{str(path)!r} holds a {type(key).__name__}, expected RSA or EC", f"head -1 {path}"
        )
    return key


def _content(path: Path) -> bytes:
    with filesystem("read", path), path.open("rb") as file:
        return file.read(_LARGEST_FILE)


def hand_over(source: Path, target: Path, group: int) -> None:
    """Put a copy of the key file *source* at *target*, in one step, for *group* to read."""
    pem = _content(source)
    partial = target.with_name(f".{target.name}.partial")
    with filesystem("write", target):
        partial.unlink(missing_ok=True)
        write(partial, pem)
        os.chown(partial, -1, group)
        partial.chmod(0o640)
        partial.replace(target)
