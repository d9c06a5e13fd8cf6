"""How a client comes to a server: whom it trusts, and what it presents.

No key is read here: its path goes to the ssl module.
"""

import ssl
from pathlib import Path

from .errors import PkiError, filesystem

_LARGEST_FILE = 1024 * 1024


class UnusableKey(PkiError):
    """Certificate and key cannot be presented: *is_encrypted*, *is_another*'s, or unreadable."""

    def __init__(
        self, message: str, hint: str, *, is_encrypted: bool = False, is_another: bool = False
    ) -> None:
        super().__init__(message, hint)
        self.is_encrypted = is_encrypted
        self.is_another = is_another


def looking() -> ssl.SSLContext:
    """Return a context that takes any server, to look at it: from TLS 1.2 on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def verifying(ca: Path | None) -> ssl.SSLContext:
    """Return a context that takes servers of the CAs in *ca*, or of the system's, by their name.

    PkiError if there is no CA in it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return context
    _require_small(ca)
    try:
        context.load_verify_locations(ca)
    except ssl.SSLError as error:
        hint = "give the CAs as PEM, such as --ca .pki/ca.pem"
        raise PkiError(f"{str(ca)!r} holds no CA: {reason(error)}", hint) from error
    return context


def present(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    """Let *context* present *certificate*, which may have its *key* in the same file.

    UnusableKey if they cannot be used, PkiError if there is no such file.
    """
    _require_small(certificate, key or certificate)
    try:
        context.load_cert_chain(certificate, key, _no_passphrase)
    except (ssl.SSLError, ValueError) as error:
        raise UnusableKey(
            f"cannot use {str(certificate)!r} and its key: {reason(error)}",
            "give both as PEM, of the same key: --cert FILE --key FILE",
            is_another="MISMATCH" in (getattr(error, "reason", None) or ""),
        ) from error


def reason(error: Exception) -> str:
    """Return OpenSSL's words for *error*, in lower case."""
    said = getattr(error, "reason", None) or str(error) or type(error).__name__
    return str(said).lower().replace("_", " ")


def _require_small(*files: Path) -> None:
    """What OpenSSL reads by itself has to end."""
    for file in files:
        with filesystem("read", file):
            is_fit = file.is_file() and file.stat().st_size <= _LARGEST_FILE
            file.open("rb").close()
        if not is_fit:
            raise PkiError(f"{str(file)!r} is no file of up to 1 MiB", "give a PEM file")


def _no_passphrase() -> str:
    hint = "give one without a passphrase: openssl pkey -in KEY -out PLAIN"
    raise UnusableKey("the key is encrypted", hint, is_encrypted=True)
