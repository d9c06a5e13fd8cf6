"""Parameters that somebody would give, by name."""

from __future__ import annotations

from types import MappingProxyType

_ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/"
_ZONE = {"HostedZoneId": "Z0123456789ABCDEFGHIJ"}
_CERTIFICATE = {"CertificateArn": f"{_ARN}11111111-2222-3333-4444-555555555555"}
_OWNERSHIP = {"OwnershipVerificationCertificateArn": f"{_ARN}66666666-7777-8888-9999-000000000000"}
_TRUSTSTORE = {
    "TruststoreUri": "s3://somebody-elses/trust/store.pem",
    "TruststoreVersion": "3HL4kqtJlcpXroDTDmJ-rmSpXd3dIbrHY",
}
_CRL = {"CrlUri": "s3://somebody-elses/pki/crl.der"}
_REVOCATION = {"Revocation": "fail-closed"}
_REGISTRY = {"ClientRegistry": "on"}
_TOKENS = {
    "TokenIssuer": "https://issuer.example",
    "TokenAudience": "https://api.example.com",
    "TokenJwks": "https://issuer.example/.well-known/jwks.json",
}
_LIMIT = {"ClientRate": "20/s", "ClientBurst": "40"}
_ALL = {
    **_ZONE,
    **_CERTIFICATE,
    **_OWNERSHIP,
    **_TRUSTSTORE,
    "BasePath": "v1.2",
    "AllowIssuers": "CN=Example Issuing CA,O=Example",
    "AllowSubjects": r"CN=billing,O=Example;CN=shop\, blue,O=Example",
    "AllowUris": "spiffe://example.org/*;https://example.org/clients/7",
    "AllowFingerprints": ";".join(("0a" * 32, "FF" * 32)),
    **_CRL,
    "Revocation": "grace=24h",
    "RevocationRefresh": "90s",
    **_REGISTRY,
    **_TOKENS,
    **_LIMIT,
    "Architecture": "x86_64",
    "MemorySize": "1769",
    "SnapStart": "off",
    "ThrottleRate": "7",
    "ThrottleBurst": "9",
    "AlarmEmail": "ops@example.com",
    "ExpiryWarningDays": "45",
    "LogRetentionDays": "7",
    "Tracing": "on",
    "ApiGatewayAccountRole": "keep",
}
_MINE = {"DomainName": "api.example.com", "AllowUris": "spiffe://example.org/*"}

COMBINATIONS = MappingProxyType(
    {
        "own zone": {**_MINE, **_ZONE},
        "imported certificate": {**_MINE, **_ZONE, **_CERTIFICATE, **_OWNERSHIP},
        "no zone": {**_MINE, **_CERTIFICATE},
        "existing truststore": {**_MINE, **_ZONE, **_TRUSTSTORE},
        "revocation": {**_MINE, **_ZONE, **_REVOCATION},
        "revocation elsewhere": {**_MINE, **_ZONE, **_REVOCATION, **_CRL},
        "all elsewhere": {**_MINE, **_ZONE, **_TRUSTSTORE, **_REVOCATION, **_CRL},
        "registry": {**_MINE, **_ZONE, **_REGISTRY},
        "registry alone": {"DomainName": "api.example.com", **_ZONE, **_REGISTRY},
        "tokens": {**_MINE, **_ZONE, **_TOKENS},
        "limit": {**_MINE, **_ZONE, **_LIMIT},
        "base path": {**_MINE, **_ZONE, "BasePath": "v1.2"},
        "alarms": {**_MINE, **_ZONE, "AlarmEmail": "ops@example.com"},
        "tracing": {**_MINE, **_ZONE, "Tracing": "on"},
        "no snapshot": {**_MINE, **_ZONE, "SnapStart": "off"},
        "x86_64": {**_MINE, **_ZONE, "Architecture": "x86_64"},
        "account role kept": {**_MINE, **_ZONE, "ApiGatewayAccountRole": "keep"},
        "by subject": {
            "DomainName": "x7.xn--bcher-kva.example",
            "AllowSubjects": "CN=billing,O=Example",
            **_CERTIFICATE,
        },
        "everything made": {
            **_MINE,
            **_ZONE,
            "AlarmEmail": "ops@example.com",
            "Tracing": "on",
            "BasePath": "v1",
            **_REVOCATION,
            **_REGISTRY,
            **_TOKENS,
            **_LIMIT,
        },
        "all at once": {**_MINE, **_ALL},
    }
)
