from pathlib import Path

import pytest

from service.certificate import parse_name
from service.config import Config, InvalidConfiguration
from tests.unit.service.certs import leaf, pem

GOOD = {
    "CLIENT_CERT_SOURCE": "alb-verify",
    "TRUSTED_PROXIES": "unix",
    "ALLOW_SUBJECTS": "CN=billing,O=Example",
}


def faults(**changed: str) -> list[str]:
    with pytest.raises(InvalidConfiguration) as raised:
        Config.from_env({**GOOD, **changed})
    return str(raised.value).splitlines()


def test_a_good_environment_is_read() -> None:
    config = Config.from_env(
        {
            **GOOD,
            "TRUSTED_PROXIES": "10.0.1.0/24, 192.0.2.7 fd00::/8",
            "ALLOW_SUBJECTS": "CN=billing,O=Example; CN=a\\;b,O=Example\nCN=c",
            "ALLOW_ISSUERS": "CN=Example Issuing CA,O=Example",
            "ALLOW_URIS": "spiffe://example.org/*;urn:x:a\\;b",
            "ALLOW_FINGERPRINTS": "AB:" * 31 + "AB",
        }
    )
    assert config.allow.subjects == {
        parse_name("CN=billing,O=Example"),
        parse_name("CN=a\\;b,O=Example"),
        parse_name("CN=c"),
    }
    assert config.allow.uris == {"spiffe://example.org/*", "urn:x:a;b"}
    assert config.allow.fingerprints == {"ab" * 32}


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidConfiguration) as raised:
        Config.from_env({"CLIENT_CERT_SOURCE": "alb", "ALLOW_URIS": "spiffe"})
    told = str(raised.value).splitlines()
    assert len(told) == 4
    for variable in ("CLIENT_CERT_SOURCE", "TRUSTED_PROXIES", "ALLOW_URIS", "nobody is allowed"):
        assert any(variable in line for line in told)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CLIENT_CERT_SOURCE", ""),
        ("CLIENT_CERT_SOURCE", "guess"),
        ("TRUSTED_PROXIES", ""),
        ("TRUSTED_PROXIES", "everybody"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "unix ::/0"),
        ("TRUSTED_PROXIES", "10.0.1.5/24"),
        ("ALLOW_SUBJECTS", "CN=x; billing"),
        ("ALLOW_ISSUERS", "CN=a; O"),
        ("ALLOW_URIS", "spiffe://example.org/*/x"),
        ("ALLOW_URIS", "spiffe://*"),
        ("ALLOW_URIS", "spiffe:///*"),
        ("ALLOW_URIS", "*"),
        ("ALLOW_URIS", "spiffe://example.org/a*"),
        ("ALLOW_URIS", "no uri"),
        ("ALLOW_FINGERPRINTS", "ab"),
        ("ALLOW_FINGERPRINTS", "g" * 64),
    ],
)
def test_a_fault_names_its_variable_and_value(variable: str, value: str) -> None:
    (told,) = faults(**{variable: value})
    assert told.startswith(variable)
    assert repr(value.rpartition(" ")[2]) in told or repr(value) in told


DEFAULTS = {
    "DEFAULT_ALLOW_ISSUERS": "CN=Example Issuing CA,O=Example",
    "DEFAULT_ALLOW_URIS": "spiffe://example.org/*",
}


@pytest.mark.parametrize("empty", ["", " ", ";"[:0]])
def test_defaults_count_when_nothing_is_set(empty: str) -> None:
    allow = Config.from_env({**GOOD, **DEFAULTS, "ALLOW_SUBJECTS": empty}).allow
    assert allow.uris == {"spiffe://example.org/*"}
    assert allow.issuers == {parse_name("CN=Example Issuing CA,O=Example")}


def test_whoever_sets_one_list_gets_that_list_alone() -> None:
    allow = Config.from_env({**GOOD, **DEFAULTS}).allow
    assert allow.subjects == {parse_name("CN=billing,O=Example")}
    assert not allow.uris
    assert not allow.issuers


def test_nobody_allowed_refuses_to_start() -> None:
    assert "nobody is allowed to call" in faults(ALLOW_SUBJECTS=" ; ")[0]


def test_passthrough_needs_a_truststore(tmp_path: Path) -> None:
    broken, good = tmp_path / "broken.pem", tmp_path / "good.pem"
    broken.write_text("x")
    good.write_text(pem(leaf()))
    source = {"CLIENT_CERT_SOURCE": "alb-passthrough"}
    for path in ("", str(tmp_path / "none.pem"), str(broken), str(tmp_path)):
        (told,) = faults(**source, TRUSTSTORE=path)
        assert told.startswith(f"TRUSTSTORE is {path!r}")
    assert Config.from_env({**GOOD, **source, "TRUSTSTORE": str(good)})


S3 = "s3://bucket/trust store.pem?versionId=3HL4"


def test_for_crls_alone_the_truststore_may_be_in_s3() -> None:
    asks = {"REVOCATION_CRLS": "s3://bucket/crl/crl.pem"}
    for url in ("s3://bucket/truststore.pem", "s3://bucket/a?b#c.pem", S3):
        found = Config.from_env({**GOOD, **asks, "TRUSTSTORE": url}).revocation
        assert found is not None
        assert found.truststore == (url,)
    found = Config.from_env({**GOOD, **asks, "TRUSTSTORE": f"{S3}&newest"}).revocation
    assert found is not None
    assert found.truststore == (S3, "s3://bucket/trust store.pem")
    (told,) = faults(**asks, TRUSTSTORE="s3://b/k&newest")
    assert told.endswith("expected &newest behind ?versionId=VERSION alone")
    spoilt = [f"{S3}{end}" for end in ("&newest&newest", "&newest=1", "&", "?versionId=1")]
    for url in ("s3://", "s3://bucket", "s3://bucket/", "s3:///key", "s3://a?b/key", *spoilt):
        (told,) = faults(**asks, TRUSTSTORE=url)
        assert told.startswith(f"TRUSTSTORE is {url!r}; expected s3://bucket/key")
    (told,) = faults(**asks, TRUSTSTORE=S3, CLIENT_CERT_SOURCE="alb-passthrough")
    assert told.startswith(f"TRUSTSTORE is {S3!r}; expected a PEM file")
    assert "not for alb-passthrough" in told


def test_a_truststore_file_is_known_by_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child that reads it runs in another folder."""
    monkeypatch.chdir(tmp_path)
    Path("truststore.pem").write_text(pem(leaf()))
    found = Config.from_env({**GOOD, "REVOCATION_CRLS": "a.crl", "TRUSTSTORE": "truststore.pem"})
    assert found.revocation is not None
    assert found.revocation.truststore == (str(tmp_path / "truststore.pem"),)


@pytest.mark.parametrize(
    ("proxies", "peer", "trusted"),
    [
        ("unix", "", True),
        ("unix", "127.0.0.1", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "unix", False),
        ("127.0.0.1", "nonsense", False),
        ("10.0.1.0/24", "10.0.1.77", True),
        ("10.0.1.0/24", "10.0.2.77", False),
        ("10.0.1.0/24", "::ffff:10.0.1.77", True),
        ("10.0.1.0/24", "::ffff:10.0.2.77", False),
        ("fd00::/8", "fd00::1", True),
        ("fd00::/8", "fe80::1", False),
    ],
)
def test_only_the_named_peers_are_trusted(proxies: str, peer: str, trusted: bool) -> None:  # noqa: FBT001
    assert Config.from_env({**GOOD, "TRUSTED_PROXIES": proxies}).trusts(peer) is trusted
