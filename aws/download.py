"""What AWS answers with a link to: a file that is fetched from S3 with it."""

import ipaddress
import urllib.error
import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit

from .errors import AwsRefused

_PATIENCE = 60.0  # seconds without a byte


def download(what: str, url: str, most: int) -> bytes:
    """Return up to *most* octets of *what* that *url* leads to; AwsRefused if it cannot be had.

    The link is a secret while it holds: it is in no message.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        raise AwsRefused(f"cannot fetch {what}: its link is not https", "see AWS_ENDPOINT_URL")
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310  (see above)
            content: bytes = answer.read(most + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(what, parts.hostname, error.reason) from error
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        said = getattr(error, "reason", None) or type(error).__name__
        raise _refused(what, parts.hostname, said) from error
    if len(content) > most:
        raise AwsRefused(f"{what} has more than {most:,} octets", "see what is there")
    return content


def _refused(what: str, host: str | None, why: object) -> AwsRefused:
    hint = f"type it again; is the way to S3 free, at {host or 'AWS'}?"
    return AwsRefused(f"cannot fetch {what}: {why}", hint)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
