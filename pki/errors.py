"""What went wrong, and what to type next; the borders to the operating system."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

#: What cryptography raises where a part of a certificate that it has loaded cannot be read.
UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
)

_NO_ACCESS = "use a folder that is yours: PKI_HOME=~/my-pki python -m pki init"
_HINTS = {
    errno.EACCES: _NO_ACCESS,
    errno.EPERM: _NO_ACCESS,
    errno.EROFS: _NO_ACCESS,
    errno.ENOSPC: "free some space, see: df -h .",
    errno.EDQUOT: "free some space, see: df -h .",
    errno.ENOENT: "see what is there: ls -la",
    errno.EISDIR: "give a file, see: ls -la",
    errno.ENOTDIR: "a file stands where a folder is needed, see: ls -la",
    errno.ENAMETOOLONG: "give a shorter path",
}


class PkiError(Exception):
    """A refusal with a *message* (lower case, no full stop) and a *hint* (what to type)."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def from_os_error(doing: str, error: OSError) -> PkiError:
    """Return the PkiError that says what *doing* failed on, with a hint for its errno."""
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    hint = _HINTS.get(error.errno or 0, "see what is there: ls -la")
    return PkiError(f"cannot {doing}: {reason}", hint)


@contextmanager
def filesystem(doing: str, path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn an OSError raised inside into a PkiError: cannot *doing* *path*."""
    try:
        yield
    except OSError as error:
        raise from_os_error(f"{doing} {os.fspath(path)!r}", error) from error
    except ValueError as error:
        if "null" not in str(error):
            raise
        raise PkiError(
            f"cannot {doing} {os.fspath(path)!r}: a path has no NUL", "ls -la"
        ) from error
