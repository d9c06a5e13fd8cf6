"""Where the API is said to be."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_EXECUTE_API = re.compile(r"[a-z0-9-]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
_PORTS = {"http": 80, "https": 443}
_KEPT = "/%:@!$&'()*+,;=-._~?"
_LONGEST = 8192
#: Asked where the URL has no path of its own: both are the service's.
DEFAULT_PATHS = ("/whoami", "/health")
PUBLIC_PATH = "/health"


@dataclass(frozen=True, slots=True)
class Url:
    """An address of an API; *path* has its query, and is "" where none was given."""

    scheme: str
    host: str  #: lower case, without brackets; an IP address or a name in ASCII
    port: int
    path: str

    @property
    def is_https(self) -> bool:
        """Whether there is TLS to be asked for."""
        return self.scheme == "https"

    @property
    def address(self) -> str:
        """Return host and port as they are typed."""
        return f"{self._bracketed}:{self.port}"

    @property
    def authority(self) -> str:
        """Return the Host header: without the port that https has anyway."""
        return self._bracketed if self.port == _PORTS[self.scheme] else self.address

    @property
    def origin(self) -> str:
        """Return the URL without its path."""
        return f"{self.scheme}://{self.authority}"

    @property
    def paths(self) -> tuple[str, ...]:
        """Return what is asked for."""
        return (self.path,) if self.path else DEFAULT_PATHS

    @property
    def is_public(self) -> bool:
        """Whether the path is the one that anybody may ask for."""
        return self.path.partition("?")[0].rstrip("/").endswith(PUBLIC_PATH)

    @property
    def is_execute_api(self) -> bool:
        """Whether it is a name that API Gateway made: of an API, or of a custom domain."""
        return _EXECUTE_API.fullmatch(self.host) is not None

    @property
    def is_regional_name(self) -> bool:
        """Whether it is what the DNS record of a custom domain points to."""
        return self.is_execute_api and self.host.startswith("d-")

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def parse(text: str) -> Url:
    """Return the URL *text*, of https where it does not say; ValueError says what is wrong."""
    if len(text) > _LONGEST or not text.isprintable() or " " in text:
        raise ValueError(f"{text[:80]!r} is no URL, expected https://HOST[:PORT][/PATH]")
    split = urlsplit(text if "://" in text else f"https://{text}")
    if split.scheme not in _PORTS:
        raise ValueError(f"the scheme is {split.scheme!r}, expected https")
    if "@" in split.netloc:
        raise ValueError("a URL with a user in it, expected none: a certificate says who calls")
    try:
        port = split.port
    except ValueError as error:
        raise ValueError(f"the port of {text!r} is none, expected 1 to 65535") from error
    if port == 0:
        raise ValueError("the port is 0, expected 1 to 65535")
    path = split.path if split.path != "/" else ""
    if split.query:
        path = f"{path or '/'}?{split.query}"
    return Url(
        scheme=split.scheme,
        host=_host(split.hostname or ""),
        port=_PORTS[split.scheme] if port is None else port,
        path=quote(path, safe=_KEPT),
    )


def _host(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host.removesuffix(".").encode("idna").decode().lower()
    except UnicodeError as error:
        raise ValueError(f"{host!r} is no name of a server: {error}") from error
    if not _NAME.fullmatch(name):
        raise ValueError(f"{host!r} is no name of a server")
    return name
