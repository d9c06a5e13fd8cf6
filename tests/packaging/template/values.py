"""What each parameter takes, and what not."""

from __future__ import annotations

from collections.abc import Mapping

ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/"
_ARNS = (
    ("", f"{ARN}1111-2222", ARN.replace("aws", "aws-us-gov", 1) + "a"),
    (
        "1111-2222",
        ARN,
        f"{ARN}a/b",
        f"{ARN}a ",
        ARN.replace("acm", "iam") + "a",
        ARN.replace("123456789012", "12345678901") + "a",
        f" {ARN}a",
    ),
)
# What each pattern takes, and what not. Python's fullmatch stands for Java's.
PATTERNS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "DomainName": (
        ("api.example.com", "a.bc", "x-1.xn--bcher-kva.example", f"{'a' * 63}.example.com"),
        (
            "",
            "localhost",
            "API.example.com",
            "*.example.com",
            "api.example.com.",
            ".example.com",
            "api..example.com",
            "-api.example.com",
            "api-.example.com",
            "api_1.example.com",
            "https://api.example.com",
            "api.example.com/v1",
            "api.example.com\n",
            "10.0.0.1",
            f"{'a' * 64}.example.com",
            ".".join(["a" * 60] * 5),
        ),
    ),
    "HostedZoneId": (
        ("", "Z0123456789ABCDEFGHIJ", "Z1"),
        (
            "Z",
            "z0123456789abcdefghij",
            "/hostedzone/Z0123456789",
            "Z012 345",
            "X0123",
            f"Z{'0' * 32}",
        ),
    ),
    "CertificateArn": _ARNS,
    "OwnershipVerificationCertificateArn": _ARNS,
    "BasePath": (
        ("(none)", "v1", "v1.2", "a", "billing-api_2", "x" * 64),
        ("", "none)", "/v1", "v1/", "v1/x", "v 1", ".", "..", "-v1", "v1-", "v%31", "ü", "x" * 65),
    ),
    "TruststoreUri": (
        ("", "s3://bucket/truststore.pem", "s3://my.bucket-1/a/b c.pem"),
        (
            "bucket/truststore.pem",
            "s3://bucket/truststore.crt",
            "s3://bucket/.PEM",
            "s3://Bucket/truststore.pem",
            "s3://b/truststore.pem",
            "s3:///truststore.pem",
            "s3://bucket/truststore.pem?versionId=1",
            "s3://bucket/*.pem",
            "s3://bucket/${x}.pem",
            "s3://bucket/a?b.pem",
            "https://bucket.s3.amazonaws.com/truststore.pem",
            f"s3://bucket/{'x' * 1024}.pem",
        ),
    ),
    "TruststoreVersion": (
        ("", "3HL4kqtJlcpXroDTDmJ-rmSpXd3dIbrHY", "a._-"),
        ("a b", "a/b", "latest!", "x" * 1025),
    ),
    "Revocation": (
        ("off", "fail-closed", "grace=1m", "grace=24h", "grace=999h", "grace=99d"),
        ("", "on", "Off", "fail-open", "grace", "grace=", "grace=0h", "grace=24", "grace=100d"),
    ),
    "RevocationRefresh": (
        ("1s", "5m", "90s", "24h", "999h"),
        ("", "0s", "5", "1d", "1000s", "5 m", "m"),
    ),
    "CrlUri": (
        ("", "s3://bucket/crl.pem", "s3://my.bucket-1/a/b_c!(1)'.der", "s3://bucket/crl.crl"),
        (
            "bucket/crl.pem",
            "s3://bucket/crl.txt",
            "s3://bucket/*.pem",
            "s3://bucket/?.pem",
            "s3://bucket/${x}.pem",
            "s3://bucket/a b.pem",
            "s3://bucket/a.pem,s3://bucket/b.pem",
            "s3://bucket/crl.pem?versionId=1",
            "s3:///crl.pem",
            "https://bucket.s3.amazonaws.com/crl.pem",
            f"s3://bucket/{'x' * 1024}.pem",
        ),
    ),
    "TokenIssuer": (
        ("", "https://issuer.example", "https://issuer.example/realms/a?b=c", "urn:example:issuer"),
        (
            "issuer.example",
            "https:",
            "://issuer.example",
            " https://issuer.example",
            "https://issuer.example/a b",
            "https://issuer.example\n",
            "https://bücher.example",
            f"https://{'x' * 249}",
        ),
    ),
    "TokenAudience": (
        ("", "https://api.example.com", "api", "x" * 256),
        ("a b", "api ", "api\n", "bücher", "x" * 257),
    ),
    "TokenJwks": (
        (
            "",
            "https://issuer.example/.well-known/jwks.json",
            "https://issuer.example:8443/keys?a=b&c='d'",
            "https://issuer.example:59999/",
            "https://10.0.0.1/keys",
            f"https://issuer.example/{'x' * 233}",
        ),
        (
            "/etc/jwks.json",
            "jwks.json",
            "s3://bucket/jwks.json",
            "http://issuer.example/jwks.json",
            "http://localhost/jwks.json",
            "HTTPS://issuer.example/jwks.json",
            "https://issuer.example",
            "https:///jwks.json",
            "https://me:secret@issuer.example/jwks.json",
            "https://issuer.example:0/jwks.json",
            "https://issuer.example:65536/jwks.json",
            "https://issuer.example:/jwks.json",
            "https://[::1]/jwks.json",
            "https://issuer.example/jwks.json#one",
            "https://issuer.example/a b",
            "https://issuer.example/jwks.json\n",
            f"https://issuer.example/{'x' * 234}",
        ),
    ),
    "ClientRate": (
        ("", "1/s", "20/s", "90/m", "99999/m"),
        ("20", "0/s", "020/s", "1.5/s", "-1/s", "20/h", "20 /s", " 20/s", "100000/s", "/s"),
    ),
    "ClientBurst": (
        ("", "1", "40", "99999"),
        ("0", "01", "-1", "1.5", "100000", "40/s", " 40", "4_0", "٤"),
    ),
    "AlarmEmail": (
        ("", "ops@example.com", "a+b@x-y.example"),
        (
            "ops",
            "ops@example",
            "@example.com",
            "a b@example.com",
            "a@b@example.com",
            "ops@example.com ",
        ),
    ),
}
# The same for lists of values and ranges of numbers.
OTHERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Architecture": (("arm64", "x86_64"), ("", "amd64", "ARM64")),
    "MemorySize": (("128", "10240"), ("127", "10241", "", "1 GB")),
    "SnapStart": (("on", "off"), ("", "true", "On")),
    "ClientRegistry": (("on", "off"), ("", "true", "On")),
    "Tracing": (("on", "off"), ("", "Active")),
    "ThrottleRate": (("1", "0010", "10000"), ("0", "-1", "10001", "")),
    "ThrottleBurst": (("1", "5000"), ("0", "5001", "many")),
    "LogRetentionDays": (("1", "90", "3653"), ("0", "2", "91", "")),
    "ApiGatewayAccountRole": (("create", "keep"), ("", "none")),
    "ExpiryWarningDays": (("1", "30", "365"), ("0", "366", "", "soon")),
    **{
        f"Allow{what}": (("", "x" * 900), ("x" * 901,))
        for what in ("Issuers", "Subjects", "Uris", "Fingerprints")
    },
}
