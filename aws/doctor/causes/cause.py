"""What a finding means: a row of docs/troubleshooting.md."""

from collections.abc import Mapping
from dataclasses import dataclass

from pki.findings import Finding, Severity

REST = "API Gateway: How to turn on mutual TLS authentication for your REST APIs"
DOMAIN_403 = "AWS re:Post: troubleshoot 403 errors of API Gateway custom domains with mutual TLS"
GATEWAY_RESPONSES = "API Gateway: Gateway response types"
ALB = "ALB: Mutual authentication with TLS in Application Load Balancer"
NGINX = "nginx: Module ngx_http_ssl_module"
ALERTS = "RFC 8446, 6.2"
OWN = "docs/problems.md"

#: What stands in a command for what is not known.
PLACEHOLDERS: Mapping[str, str] = {
    "address": "HOST:443",
    "api": "API",
    "ca": "--ca CA.pem",
    "cert": "CLIENT.pem",
    "host": "HOST",
    "openssl_ca": "-CAfile CA.pem",
    "ip": "ADDRESS",
    "key": "CLIENT.key",
    "location": "LOCATION",
    "path": "/PATH",
    "port": "443",
    "truststore": "TRUSTSTORE.pem",
    "url": "https://HOST/PATH",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause by its stable *code*: what is *seen* of it, what it is, and what mends it.

    command: what to type, with PLACEHOLDERS in braces; source: who says so, "" = our own;
    explains: beginnings of codes that are not told beside it, being nothing but its consequences.
    """

    code: str
    severity: Severity
    seen: str
    cause: str
    remedy: str
    command: str = ""
    source: str = ""
    explains: tuple[str, ...] = ()

    def hint(self, words: Mapping[str, str]) -> str:
        """Return what to do, with *words* in the command."""
        if not self.command:
            return self.remedy
        command = self.command.format_map({**PLACEHOLDERS, **words})
        return f"{self.remedy}: {' '.join(command.split())}"

    def finding(self, message: str, about: str, words: Mapping[str, str]) -> Finding:
        """Return the finding that says *message* of *about*."""
        return Finding(
            self.severity, self.code, message, self.hint(words), about, source=self.source
        )


def error(
    code: str,
    *,
    seen: str,
    cause: str,
    remedy: str,
    command: str = "",
    source: str = "",
    explains: tuple[str, ...] = (),
) -> Cause:
    """Return the row of an error."""
    return Cause(code, Severity.ERROR, seen, cause, remedy, command, source, explains)


def warning(
    code: str,
    *,
    seen: str,
    cause: str,
    remedy: str,
    command: str = "",
    source: str = "",
    explains: tuple[str, ...] = (),
) -> Cause:
    """Return the row of a warning."""
    return Cause(code, Severity.WARNING, seen, cause, remedy, command, source, explains)
