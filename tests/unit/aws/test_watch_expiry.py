"""python -m aws watch-expiry: of a domain, of a file, of an index; text, JSON and exit codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aws.cli import main
from tests.builders import authority, bundle, leaf
from tests.conftest import Pki
from tests.unit.aws.publisher_servers import Between
from tests.unit.aws.watched import NAME, OWNERSHIP, SERVER, WatchedDomain, denied

DAY = timedelta(days=1)
NOW = datetime.now(UTC).replace(microsecond=0)
ROOT = authority(subject="CN=Root,O=Test", lifetime=700 * DAY)
SOON = authority(subject="CN=Soon,O=Test", issuer=ROOT, lifetime=20 * DAY)
OVER = authority(subject="CN=Over,O=Test", not_before=NOW - 50 * DAY, lifetime=40 * DAY)


def run(*words: str, home: Path | str = "/nowhere") -> Result:
    return CliRunner().invoke(main, ("watch-expiry", *words), env={"PKI_HOME": str(home)})


def listed(*words: str, home: Path | str = "/nowhere") -> dict[str, Any]:
    done = run(*words, "--json", home=home)
    said: dict[str, Any] = json.loads(done.stdout)
    assert done.stderr == ""
    assert done.exit_code == (1 if said["need_attention"] else 0)
    return said


def states(said: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["kind"], one["state"]) for one in said["certificates"]]


@pytest.fixture
def domain(between: Between, moto: str) -> WatchedDomain:
    """One that needs nobody for a year."""
    made = WatchedDomain(between, moto)
    made.publish(ROOT.pem)
    made.issue(SERVER, NOW + 365 * DAY)
    return made


def file(folder: Path, *certificates: Any) -> str:
    path = folder / "truststore.pem"
    path.write_text(bundle(*certificates))
    return str(path)


def test_a_domain_that_needs_nobody_is_exit_code_0(domain: WatchedDomain) -> None:
    domain.issue(OWNERSHIP, NOW + 300 * DAY)
    done = run(NAME)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["ok"] * 3
    assert [line.partition(" left ")[2].split()[0] for line in lines[:3]] == [
        "ownership",
        "server",
        "CA",
    ]
    assert lines[3:] == ["3 certificates, none of which ends within 30 days"]
    assert {request.method for request in domain.between.seen} == {"GET", "POST"}


def test_the_truststore_is_the_version_that_is_in_force(domain: WatchedDomain) -> None:
    """A newer object in S3 changes nothing."""
    pinned = dict(domain.domain)
    domain.publish(bundle(SOON.certificate))
    domain.domain = pinned
    said = listed(NAME)
    assert [one["subject"] for one in said["certificates"] if one["kind"] == "ca"] == [
        "CN=Root,O=Test"
    ]
    domain.publish(bundle(SOON.certificate))
    said = listed(NAME)
    (soon,) = [one for one in said["certificates"] if one["kind"] == "ca"]
    assert (soon["state"], soon["place"]) == ("expires-soon", domain.place)


def test_what_expires_is_exit_code_1_and_says_what_to_type(domain: WatchedDomain) -> None:
    domain.publish(bundle(ROOT.certificate, SOON.certificate, OVER.certificate))
    done = run(NAME)
    assert (done.exit_code, done.stderr) == (1, "")
    over, hint, soon, _, *rest = done.stdout.splitlines()
    assert over.split()[:5] == ["error", f"{NOW - 10 * DAY:%Y-%m-%d}", "expired", "10", "days"]
    assert over.endswith("CA           CN=Over,O=Test")
    assert hint == f"  hint: python -m aws rotate plan NEW_CA.pem {NAME}"
    assert soon.startswith("warning")
    assert rest[-1] == "2 of 4 certificates need attention: 1 has expired, 1 ends within 30 days"


@pytest.mark.parametrize(
    ("within", "state"), [("21d", "expires-soon"), ("3w", "expires-soon"), ("470h", "good")]
)
def test_what_counts_as_soon_is_asked(tmp_path: Path, within: str, state: str) -> None:
    """SOON has 20 days less an hour, which is 479 hours."""
    said = listed("--truststore", file(tmp_path, SOON.certificate), "--within", within)
    assert states(said) == [("ca", state)]


# What ACM says, of which certificate, and what is made of it.
ACM = [
    (SERVER, {"Type": "IMPORTED", "RenewalEligibility": "INELIGIBLE"}, "good", "by-hand"),
    (SERVER, {"Type": "PRIVATE"}, "good", "by-acm"),
    (SERVER, {"RenewalSummary": {"RenewalStatus": "PENDING_AUTO_RENEWAL"}}, "good", "by-acm"),
    (SERVER, {"RenewalSummary": {"RenewalStatus": "SUCCESS"}}, "good", "by-acm"),
    (SERVER, {"RenewalSummary": {"RenewalStatus": "PENDING_VALIDATION"}}, "cannot-renew", "fails"),
    (SERVER, {"RenewalSummary": {"RenewalStatus": "FAILED"}}, "cannot-renew", "fails"),
    (SERVER, {"Status": "REVOKED"}, "cannot-renew", "fails"),
    (SERVER, {"Status": "INACTIVE"}, "cannot-renew", "fails"),
    (OWNERSHIP, {}, "good", "by-acm"),
    (OWNERSHIP, {"Type": "IMPORTED"}, "cannot-renew", "by-hand"),
    (OWNERSHIP, {"Type": "PRIVATE"}, "cannot-renew", "fails"),
    (OWNERSHIP, {"RenewalEligibility": "INELIGIBLE"}, "cannot-renew", "fails"),
    (OWNERSHIP, {"RenewalSummary": {"RenewalStatus": "FAILED"}}, "cannot-renew", "fails"),
]


@pytest.mark.parametrize(("arn", "says", "state", "renewal"), ACM)
def test_acm_is_believed_about_its_renewals(
    domain: WatchedDomain, arn: str, says: dict[str, Any], state: str, renewal: str
) -> None:
    domain.issue(arn, NOW + 200 * DAY, **says)
    (one,) = [c for c in listed(NAME)["certificates"] if c["place"] == arn]
    assert (one["state"], one["renewal"]) == (state, renewal)
    error = "error" if arn == OWNERSHIP else "warning"
    assert one["severity"] == ("ok" if state == "good" else error)
    assert one["code"] == ("" if state == "good" else f"expiry.{state}")
    assert (one["subject"], one["serial_number"]) == (f"CN={NAME}", "a1b2c")


def test_a_certificate_that_was_never_issued_is_unknown(domain: WatchedDomain) -> None:
    domain.issue(SERVER, None, Status="PENDING_VALIDATION")
    (one,) = [c for c in listed(NAME)["certificates"] if c["kind"] == "server-certificate"]
    assert one["state"] == "unknown"
    assert one["notes"] == ["it is PENDING_VALIDATION, without an end"]


@pytest.mark.parametrize(
    ("service", "action", "unknown"),
    [
        ("apigateway", "apigateway:GET", [None]),
        ("acm", "acm:DescribeCertificate", ["server-certificate"]),
        ("s3", "s3:GetObjectVersion", ["ca"]),
    ],
)
def test_what_may_not_be_read_is_unknown_and_names_the_permission(
    domain: WatchedDomain, service: str, action: str, unknown: list[str | None]
) -> None:
    domain.first = lambda request: denied(request, service)
    said = listed(NAME)
    found = [one for one in said["certificates"] if one["state"] == "unknown"]
    assert [one["kind"] for one in found] == unknown
    assert said["unknown"] == said["need_attention"] == 1
    assert found[0]["hint"] == f"ask for the permission {action}"
    others = {"apigateway": 0, "acm": 1, "s3": 1}[service]
    assert len(said["certificates"]) == 1 + others


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"mutualTlsAuthentication": None}, "mutual TLS is off"),
        ({"regionalCertificateArn": None}, "the domain api.example.com names none"),
    ],
)
def test_a_domain_that_lacks_something_is_not_well(
    domain: WatchedDomain, change: dict[str, Any], because: str
) -> None:
    domain.domain = {k: v for k, v in {**domain.domain, **change}.items() if v is not None}
    said = listed(NAME)
    (unknown,) = [one for one in said["certificates"] if one["state"] == "unknown"]
    assert because in unknown["notes"][0]


def test_a_truststore_that_is_not_pinned_is_the_newest_one(domain: WatchedDomain) -> None:
    del domain.domain["mutualTlsAuthentication"]["truststoreVersion"]
    (ca, _) = sorted(listed(NAME)["certificates"], key=lambda one: str(one["kind"]))
    assert ca["place"] == f"s3://{domain.bucket}/truststore.pem, the newest version"


def test_no_such_domain_is_told(domain: WatchedDomain) -> None:
    done = run("other.example.com")
    assert done.exit_code == 1
    assert "cannot read the domain 'other.example.com': Invalid domain name" in done.stdout
    assert domain.between.seen


def test_without_credentials_it_is_an_error_and_no_list(
    domain: WatchedDomain, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(NAME).exit_code == 0
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    done = run(NAME)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: no AWS credentials: ")
    assert domain.domain


def test_the_region_is_asked_as_everywhere(
    domain: WatchedDomain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    for words, name, env in (
        (("--region", "us-east-2"), "AWS_DEFAULT_REGION", "eu-west-1"),
        ((), "AWS_DEFAULT_REGION", "us-east-2"),
        ((), "AWS_REGION", "us-east-2"),  # as in the AWS CLI
    ):
        monkeypatch.setenv(name, env)
        domain.between.seen.clear()
        assert run(NAME, *words).exit_code == 0
        assert all("/us-east-2/" in one.headers["authorization"] for one in domain.between.seen)


def test_a_local_truststore_asks_nothing_of_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    place = file(tmp_path, ROOT.certificate, SOON.certificate)
    assert run("--truststore", place, "--within", "10d").exit_code == 0
    done = run("--truststore", place)
    assert done.exit_code == 1
    assert f"python -m pki truststore build {place} NEW_CA.pem --out {place}" in done.stdout


def test_an_index_says_who_depends_on_a_ca(tmp_path: Path) -> None:
    own = Pki(tmp_path / "pki")
    own.run("init")
    for name in ("billing", "alice"):
        own.run("issue", "client", name, "--days", "100")
    words = ("--truststore", str(own.truststore))
    said = listed(*words, home=own.home)
    assert states(said) == [("client-leaf", "good")] * 2 + [("ca", "good")] * 2
    assert [one["dependents"] for one in said["certificates"]] == [None, None, 2, 2]
    assert [one["dependents"] for one in listed(*words)["certificates"]] == [None, None]
    done = run(*words, home=own.home)
    assert done.stdout.count("2 issued leaves depend on it") == 2
    own.run("revoke", "alice")
    done = run(*words, home=own.home)
    assert done.stdout.count("1 issued leaf depends on it") == 2
    assert "not listed: 0 replaced and 1 revoked leaves" in done.stdout
    assert listed(*words, home=own.home)["left_out"] == {"replaced": 0, "revoked": 1}


def test_a_leaf_that_expires_says_how_it_is_issued_again(tmp_path: Path) -> None:
    own = Pki(tmp_path / "pki")
    own.run("init")
    own.run("issue", "client", "billing")
    done = run(home=own.home)
    assert done.exit_code == 1
    assert "hint: python -m pki issue client billing --renew" in done.stdout
    assert run("--within", "10d", home=own.home).exit_code == 0
    own.run("issue", "client", "billing", "--renew", "--days", "90")
    assert run(home=own.home).exit_code == 0


def test_what_a_stranger_wrote_is_escaped(tmp_path: Path) -> None:
    from cryptography import x509

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x\x1b[2Jy")])
    (tmp_path / "odd.pem").write_text(leaf(issuer=ROOT, subject=name).pem)
    done = run("--issued", str(tmp_path))
    assert "\x1b" not in done.stdout
    assert r"CN=x\x1b[2Jy" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "nothing to look at: give DOMAIN, --truststore, --issued or --crl"),
        ((NAME, "--truststore", "x"), "give DOMAIN or --truststore, not both"),
        ((NAME, "--within", "30"), "'30' is no time, expected such as 30d, 12h or 2w"),
        ((NAME, "--within", "-1d"), "'-1d' is no time"),
        ((NAME, "--within", "1000000d"), "'1000000d' is no time"),
        ((NAME, "b.example.com"), "got unexpected extra argument"),
    ],
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...], message: str) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert message in first
    assert second == "  hint: python -m aws watch-expiry --help"


@pytest.mark.parametrize("words", [("--truststore", "/no/such"), ("--issued", "/no/such")])
def test_a_file_that_is_not_there_is_an_error(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
