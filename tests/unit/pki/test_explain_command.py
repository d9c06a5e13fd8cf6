"""`explain` and `truststore diff` as they are typed."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import authority, leaf
from tests.unit.pki.folder import Pki, assert_refusal, made


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    found = made(tmp_path_factory.mktemp("explain"))
    found.done("issue", "client", "billing")
    found.done("issue", "server", "billing")
    found.done("issue", "client", "alice")
    return found


def test_a_leaf_is_found_by_file_name_serial_number_and_on_standard_input(
    pki: Pki, tmp_path: Path
) -> None:
    pem, der = pki.home / "clients/billing.pem", tmp_path / "billing.der"
    der.write_bytes(pki.certificate("clients/billing.pem").public_bytes(Encoding.DER))
    serial = next(row for row in pki.listed() if row["name"] == "billing")["serial_number"]
    at = ("--at", "2026-12-01", "--json")
    outputs = {
        pki.run("explain", what, *at).stdout for what in (str(pem), str(der), "billing", serial)
    }
    outputs.add(pki.fed(pem.read_bytes(), "explain", "-", *at).stdout)
    assert len(outputs) == 1
    assert json.loads(outputs.pop())["path"][0]["subject"] == "CN=billing,O=Example"


def test_the_exit_code_is_the_verdict(pki: Pki) -> None:
    accepted = pki.run("explain", "billing")
    assert (accepted.exit_code, accepted.stderr) == (0, "")
    assert accepted.stdout.startswith("api-gateway: accepted, until ")
    refused = pki.run("explain", "billing", "--at", "2036-01-01T00:00:00+02:00")
    assert (refused.exit_code, refused.stderr) == (1, "")
    assert "now it is 2035-12-31T22:00:00Z" in refused.stdout
    assert "python -m pki issue client billing --renew" in refused.stdout


def test_what_our_crl_revokes_is_said_though_no_front_knows(pki: Pki, tmp_path: Path) -> None:
    pki.done("issue", "client", "stolen")
    assert pki.run("explain", "stolen").exit_code == 0
    pki.done("revoke", "stolen", "--reason", "keyCompromise")
    said = pki.run("explain", "stolen")
    assert said.exit_code == 1
    assert said.stdout.startswith("api-gateway: accepted, until ")
    assert "\nservice: refused, 403 certificate-revoked: since 20" in said.stdout
    assert json.loads(pki.run("explain", "stolen", "--json").stdout)["revoked"]["reason"] == (
        "keyCompromise"
    )
    assert json.loads(pki.run("explain", "billing", "--json").stdout)["revoked"] is None
    number = pki.certificate("clients/stolen.pem").serial_number
    (tmp_path / "s.pem").write_text(leaf(issuer=authority(), serial_number=number).pem)
    assert "certificate-revoked" not in pki.run("explain", str(tmp_path / "s.pem")).stdout


def test_of_a_server_and_a_client_of_one_name_the_client_is_explained(pki: Pki) -> None:
    pki.done("issue", "server", "shop")
    assert "extendedKeyUsage is" in pki.run("explain", "shop").stdout
    pki.done("issue", "client", "shop")
    assert pki.run("explain", "shop").exit_code == 0


def test_a_strangers_leaf_with_a_serial_number_of_ours_is_a_strangers(
    pki: Pki, tmp_path: Path
) -> None:
    ours = pki.certificate("clients/billing.pem")
    file = tmp_path / "stranger.pem"
    file.write_text(leaf(issuer=authority(), serial_number=ours.serial_number).pem)
    said = pki.run("explain", str(file), "--at", "2036-01-01").stdout
    assert "NEW.csr" in said
    assert "--renew" not in said


def test_one_front_may_refuse_alone(pki: Pki, tmp_path: Path) -> None:
    chain = tmp_path / "chain.pem"
    issuing = (pki.home / "authorities/issuing.pem").read_text()
    chain.write_text((pki.home / "clients/billing.pem").read_text() + issuing)
    words = ["explain", str(chain), "--truststore", str(pki.home / "ca.pem")]
    assert pki.run(*words).exit_code == 1
    assert pki.run(*words, "--front", "api-gateway").exit_code == 1
    assert pki.run(*words, "--front", "alb").exit_code == 0


def test_no_truststore_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    file = tmp_path / "leaf.pem"
    file.write_text(leaf(issuer=authority()).pem)
    empty = Pki(tmp_path / "none")
    assert "--truststore FILE" in empty.refused("explain", str(file))
    other = tmp_path / "other.pem"
    other.write_text(authority().pem)
    assert empty.run("explain", str(file), "--truststore", str(other)).exit_code == 1


@pytest.mark.parametrize("at", ["", "x", "2026-13-01", "0001-01-01T00:00:00+14:00", "9" * 99])
def test_no_time_is_wrong_usage(pki: Pki, at: str) -> None:
    assert "--at" in pki.misused("explain", "billing", "--at", at)


def test_no_private_key_is_looked_at(pki: Pki, tmp_path: Path) -> None:
    public = Pki(tmp_path / "public")
    (public.home / "authorities").mkdir(parents=True)
    for name in ("truststore.pem", "index.sqlite"):
        (public.home / name).write_bytes((pki.home / name).read_bytes())
    assert public.run("explain", "billing").exit_code == 0
    assert "private key" in public.refused("explain", str(pki.home / "clients/billing.key"))


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_bytes_as_certificate_or_truststore(pki: Pki, data: st.DataObject) -> None:
    pem = (pki.home / "clients/billing.pem").read_bytes()
    der = pki.certificate("clients/billing.pem").public_bytes(Encoding.DER)
    original = data.draw(st.sampled_from([pem, der]))
    content = bytearray(original)
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=3)
    ):
        content[place] = value
    given = data.draw(st.sampled_from([bytes(content), bytes(content[:-1])]) | st.binary())
    file = pki.home.parent / "any"
    file.write_bytes(given)
    for words in ([str(file)], ["billing", "--truststore", str(file)]):
        result = pki.run("explain", *words)
        if result.stdout:
            assert result.stderr == ""
        else:
            assert_refusal(result)


@pytest.mark.parametrize("path", ["/dev/zero", "/proc/self/mem", "/", "x" * 300, "\x00", ""])
def test_a_folder_or_a_device_is_refused(pki: Pki, path: str) -> None:
    assert_refusal(pki.run("explain", path))
    assert_refusal(pki.run("explain", "billing", "--truststore", path))


def compared(pki: Pki, *words: str) -> Result:
    return pki.run("truststore", "diff", *words)


@pytest.fixture(scope="module")
def stores(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Ours; and a partner's alone."""
    partner = tmp_path_factory.mktemp("stores") / "partner.pem"
    partner.write_text(authority(subject="CN=Partner").pem)
    return str(pki.home / "truststore.pem"), str(partner)


def test_who_loses_stands_there_with_the_reason(pki: Pki, stores: tuple[str, str]) -> None:
    old, new = stores
    result = compared(pki, old, new)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert any(line.startswith("- anchor       CN=Example Root CA") for line in lines)
    assert any(line.startswith("- intermediate CN=Example Issuing CA") for line in lines)
    assert any(line.startswith("+ anchor       CN=Partner") for line in lines)
    losers = [line for line in lines if line.startswith("loses  CN=")]
    assert {"loses  CN=billing,O=Example (billing)", "loses  CN=alice,O=Example (alice)"} <= {
        line.partition(", sha256")[0] for line in losers
    }
    assert "  api-gateway, alb: issuer-not-found: no CA called" in result.stdout
    assert compared(pki, old, old).exit_code == 0
    gains = compared(pki, new, old)
    assert gains.exit_code == 0
    assert "gains  CN=alice,O=Example (alice)" in gains.stdout


def test_the_same_as_json(pki: Pki, stores: tuple[str, str]) -> None:
    value = json.loads(compared(pki, *stores, "--json", "--front", "alb").stdout)
    number = sum(row["profile"] == "client" for row in pki.listed())
    assert value["counts"] == {"alb": {"loses": number, "gains": 0, "keeps": 0, "refused": 0}}
    client = value["clients"][0]
    assert client["name"] == "billing"
    assert client["fronts"]["alb"]["after"]["code"] == "issuer-not-found"
    assert [one["kind"] for one in value["went"]] == ["intermediate", "anchor"]


def test_clients_of_a_folder_and_what_cannot_be_judged(
    pki: Pki, stores: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "below").mkdir()
    for name, path in (("alice", "alice.pem"), ("billing", "below/billing.crt")):
        (tmp_path / path).write_bytes((pki.home / f"clients/{name}.pem").read_bytes())
    (tmp_path / "broken.der").write_bytes(b"\x30\x03")
    (tmp_path / "readme.txt").write_text("no certificate")
    result = compared(pki, *stores, "--issued", str(tmp_path), "--json")
    value = json.loads(result.stdout)
    assert [one["name"] for one in value["clients"]] == ["alice", "billing"]
    (unknown,) = value["not_judged"]
    assert unknown["what"].endswith("broken.der")


def test_only_those_who_were_seen(pki: Pki, stores: tuple[str, str], tmp_path: Path) -> None:
    rows = {row["name"]: row["fingerprint"] for row in pki.listed() if row["profile"] == "client"}
    colons = ":".join(rows["alice"][i : i + 2].upper() for i in range(0, 64, 2))
    stranger, server = "ab" * 32, pki.listed()[0]["fingerprint"]
    log = tmp_path / "access.log"
    log.write_text(
        "\n".join(
            [
                "# seen yesterday", "", f"sha256 Fingerprint={colons}", colons,
                json.dumps({"path": "/health", "verdict": "public"}), json.dumps({"x": [1]}),
                json.dumps({"fingerprint": stranger}), json.dumps({"fingerprint": 7}),
                "{ broken", server[:-1], f"{stranger}0", "[" * 100_000,
            ]
        )
    )  # fmt: skip
    value = json.loads(compared(pki, *stores, "--seen", str(log), "--json").stdout)
    assert [one["name"] for one in value["clients"]] == ["alice"]
    assert [one["what"][:8] for one in value["not_judged"]] == [
        "line 8: ", "line 9: ", "line 10:", "line 11:", "line 12:", "line 13:", "abababab",
    ]  # fmt: skip
    log.write_text(json.dumps({"fingerprint": rows["billing"], "status": 200}))
    value = json.loads(compared(pki, *stores, "--seen", str(log), "--json").stdout)
    assert [one["name"] for one in value["clients"]] == ["billing"]
    assert value["not_judged"] == []


def test_what_is_given_is_not_what_it_says(pki: Pki, stores: tuple[str, str]) -> None:
    for words in (
        ["nowhere", stores[1]], [stores[0], "/dev/zero"], [*stores, "--issued", "nowhere"],
        [*stores, "--issued", stores[0]], [*stores, "--seen", "nowhere"], [*stores, "--seen", "/"],
    ):  # fmt: skip
        assert_refusal(compared(pki, *words))
