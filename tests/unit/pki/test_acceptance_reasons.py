"""What a refusal tells a person."""

from pki.acceptance import Refused
from tests.unit.pki.fronts import GOOD, ISSUING, ROOT, Client, verdict
from tests.unit.pki.test_acceptance_paths import days, many


def because(client: Client) -> str:
    found = verdict(client, "api-gateway")
    assert isinstance(found, Refused)
    return found.because


def test_what_is_missing_or_wrong_is_named() -> None:
    missing = "'CN=Issuing,O=Test' is there, its issuer 'CN=Test Root,O=Test' is missing"
    assert because(Client(GOOD, (ISSUING,))) == missing
    assert because(Client(GOOD, (ROOT,), (ISSUING,))).endswith("only the truststore is read")
    assert because(days(-9, -8)).startswith("'CN=Sub': expired on ")
    assert because(many(4)) == "5 CAs stand above the leaf, expected up to 4"
