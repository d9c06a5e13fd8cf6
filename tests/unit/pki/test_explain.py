"""The explanation agrees with the verdict, and says what to do about it."""

import json
from typing import Any

import pytest
from cryptography import x509

from pki import explain_report, presented
from pki.acceptance import Accepted, Refused
from pki.errors import PkiError
from pki.explain import FRONTS, Explanation, explain
from pki.reasons import REASONS
from pki.remedies import REMEDIES, Whose, remedy
from pki.steps import Case
from tests.builders import Holder, authority, leaf
from tests.unit.pki.fronts import GOOD, ISSUING, ROOT, STORE, Client, verdict
from tests.unit.pki.oddities import DAY, NOW
from tests.unit.pki.test_acceptance import LEAVES, days
from tests.unit.pki.test_acceptance_paths import CHAINS, many, path_length

#: Of these a certificate on the path is to blame, and its step shows it.
ON_A_STEP = {
    "malformed", "version", "serial-number", "expired", "not-yet-valid", "key-type",
    "key-too-small", "key-too-large", "key-for-pss", "signature-hash", "signature-type",
    "signature-pss", "authority", "not-for-clients", "may-not-sign", "netscape-type",
    "critical-extension", "path-length", "no-authority", "may-not-issue",
}  # fmt: skip

NO_ISSUER = "Access denied. Reason: Could not find issuer for certificate"


def case(client: Client) -> Case:
    sent, truststore = (
        [holder.certificate for holder in holders] for holders in (client.sent, client.truststore)
    )
    return Case(client.holder.certificate, sent, truststore, FRONTS, NOW)


def explained(client: Client, whose: Whose | None = None) -> Explanation:
    return explain(case(client), whose or Whose())


def said(client: Client, whose: Whose | None = None) -> str:
    return explain_report.text(explained(client, whose), "truststore.pem")


CLIENTS: dict[str, Any] = {
    **{f"leaf: {name}": lambda make=make: Client(make()) for name, (make, _) in LEAVES.items()},
    **{f"path: {name}": make for name, (make, _) in CHAINS.items()},
}


@pytest.mark.parametrize("name", CLIENTS)
def test_what_is_drawn_agrees_with_the_verdict(name: str) -> None:
    client: Client = CLIENTS[name]()
    found = explained(client)
    faults = [check.faults for step in found.steps for check in step.checks]
    for answer in found.answers:
        assert answer.verdict == verdict(client, answer.front)
        wrong = [on[answer.front] for on in faults if answer.front in on]
        if isinstance(answer.verdict, Accepted):
            assert wrong == []
            assert answer.remedy is None
        else:
            code = answer.verdict.code.removeprefix("chain-member-")
            assert wrong or code not in ON_A_STEP
            assert answer.remedy
            assert answer.remedy.commands
    if found.is_accepted:
        assert found.end == ""
        assert found.steps[-1].role == "root"
    lines = explain_report.text(found, "truststore.pem").splitlines()
    assert len(lines) < 10 * len(found.steps) + 30
    json.loads(explain_report.as_json(found, "truststore.pem"))


def test_every_code_has_a_remedy_that_can_be_typed() -> None:
    assert list(REMEDIES) == list(REASONS)
    for code in REASONS:
        for whose in (Whose(), Whose("billing"), Whose("root", "root"), Whose(truststore="a b")):
            mends = remedy(code, whose)
            assert mends.text
            assert all("'a b'" in c for c in mends.commands if "truststore build" in c) or not (
                whose.truststore
            )
            assert not any("issue root" in command for command in mends.commands)


def test_awss_own_words_are_there_and_no_others() -> None:
    assert said(Client(GOOD, (ROOT,))).splitlines()[:2] == [
        'api-gateway: refused, 403 {"message":"Forbidden"}; execution log: ' + NO_ISSUER,
        "alb: refused, the handshake fails; connection log: Failed:ClientCertUntrusted",
    ]
    first = said(Client(days(-2, -1))).splitlines()[0]
    assert first.endswith("AWS does not document what its execution log says")


def test_what_is_not_confirmed_is_named_with_its_id() -> None:
    ids = [
        [choice.id for choice in answer.unconfirmed]
        for answer in explained(Client(ISSUING)).answers
    ]
    assert ids == [
        ["authority", "forbidden-body", "log-reasons"],
        ["alb-authority", "alb-status-codes"],
    ]
    api_gateway, alb = explained(Client(GOOD, (ROOT,), (ISSUING,))).answers
    assert isinstance(api_gateway.verdict, Refused)
    assert [choice.id for choice in alb.unconfirmed] == ["alb-sent-chain"]
    assert "unconfirmed  alb-sent-chain: " in said(Client(GOOD, (ROOT,), (ISSUING,)))
    assert [answer.unconfirmed for answer in explained(Client(GOOD)).answers] == [(), ()]


def test_our_own_leaf_is_renewed_and_a_strangers_signed_or_listed() -> None:
    expired = Client(days(-2, -1))
    assert "\n  python -m pki issue client billing --renew\n" in said(expired, Whose("billing"))
    assert "\n  python -m pki sign NEW.csr --profile client\n" in said(expired)
    missing = Client(GOOD, (ROOT,))
    assert "\n  python -m pki truststore build CA.pem\n  make truststore &&" in said(missing)
    assert "\n  python -m pki truststore build\n" in said(missing, Whose("billing"))
    given = said(missing, Whose(truststore="p.pem"))
    assert "\n  python -m pki truststore build p.pem CA.pem --out p.pem\n" in given


def test_the_path_is_drawn_up_to_where_it_ends() -> None:
    found = explained(Client(GOOD, (ISSUING,)))
    assert [step.role for step in found.steps] == ["leaf", "CA"]
    assert found.end == (
        "'CN=Test Root,O=Test', which issued it, is not there with the key that signed it"
    )
    found = explained(Client(leaf(issuer=None)))
    assert found.end == "'CN=billing,O=Example' signed itself"
    sent = explained(Client(GOOD, (ISSUING,), (ROOT,)))
    assert [step.place for step in sent.steps] == ["given", "truststore", "sent"]
    assert sent.end == "'CN=Test Root,O=Test' signed itself"


def test_too_long_and_too_short_a_path_are_seen_in_it() -> None:
    assert len(explained(many(11)).steps) == 13
    long = explained(many(30))
    assert (len(long.steps), long.end) == (21, "11 more CAs follow")
    checks = [c for step in explained(path_length(0)).steps for c in step.checks]
    assert [c.found for c in checks if c.what == "path length" and c.faults] == [
        "0 allowed, 1 CA between it and the leaf"
    ]
    twin = [c for step in explained(path_length(1)).steps for c in step.checks]
    assert not any(c.faults for c in twin)


@pytest.mark.parametrize(("length", "faults"), [(0, 1), (1, 0)])
def test_a_self_issued_authority_counts_as_for_the_verifier(length: int, faults: int) -> None:
    above = authority(subject="CN=Above", issuer=ROOT, path_length=length)
    renewed = authority(subject="CN=Above", issuer=above)
    found = explained(Client(leaf(issuer=renewed), (ROOT, above, renewed)))
    wrong = [check.what for step in found.steps for check in step.checks if check.faults]
    assert wrong == ["path length"] * faults
    assert found.is_accepted == (not faults)


def test_one_front_alone_may_be_asked() -> None:
    asked = Case(GOOD.certificate, [], [ROOT.certificate], ("alb",), NOW)
    found = explain(asked, Whose())
    assert [finding.front for finding in found.findings] == ["alb"]
    assert "api-gateway" not in explain_report.text(found, "t")
    assert "api-gateway" not in explain_report.as_json(found, "t")


def test_a_name_with_control_characters_stays_in_its_line() -> None:
    evil = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a\x1b[2J\nok\u202e" + "x" * 9)])
    for client in (Client(leaf(issuer=ISSUING, subject=evil)), Client(named(evil), (ROOT,))):
        text = said(client)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\nok" not in text.replace("\n      ok", "")


def named(name: x509.Name) -> Holder:
    above = authority(subject="CN=x", issuer=ROOT)
    return leaf(issuer=above, subject=name)


def test_the_json_says_the_same() -> None:
    client = Client(GOOD, (ROOT,), (ISSUING,))
    value = json.loads(explain_report.as_json(explained(client), "t.pem"))
    assert value["is_accepted"] is False
    refused, accepted = value["fronts"]
    assert (refused["front"], refused["code"]) == ("api-gateway", "issuer-not-found")
    assert refused["log"] == NO_ISSUER
    assert refused["remedy"]["commands"]
    assert accepted["is_accepted"] is True
    assert accepted["path"] == [step["fingerprint"] for step in value["path"]]
    (finding,) = value["findings"]
    expected = {
        "severity": "error",
        "code": "certificate.issuer-not-found",
        "message": refused["because"],
        "hint": "python -m pki truststore build CA.pem",
        "about": "CN=billing,O=Example",
        "source": refused["source"],
        "front": "api-gateway",
    }
    assert expected.items() <= finding.items()


def test_what_is_read_is_bounded_and_in_order() -> None:
    text = f"# the leaf\n{GOOD.pem}\n# then\n{ISSUING.pem}".encode()
    assert presented.read(text, "it") == [GOOD.certificate, ISSUING.certificate]
    most = (GOOD.pem * presented.MOST).encode()
    assert len(presented.read(most, "it")) == presented.MOST
    for content, why in (
        (most + GOOD.pem.encode(), "holds 101"),
        (text + b" " * presented.LARGEST, "larger than"),
        (text + b"-----BEGIN EC PRIVATE KEY-----", "private key"),
        (text[:-30], "a torn one"),
        (b"", "no certificate"),
        (b"\x30\x80", "no readable certificate"),
    ):
        with pytest.raises(PkiError, match=why):
            presented.read(content, "it")


def test_the_store_of_the_tests_is_what_the_twin_needs() -> None:
    assert explained(Client(GOOD, STORE)).is_accepted
    later = explain(
        Case(
            GOOD.certificate, [], [h.certificate for h in STORE], FRONTS,
            NOW + 60 * DAY,
        ),
        Whose(),
    )  # fmt: skip
    assert not later.is_accepted
