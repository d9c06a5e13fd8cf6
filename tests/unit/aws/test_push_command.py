"""truststore push, rollback, versions and pull, and rotate, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import NAME, Protected, protected_domain
from tests.unit.aws.hands import as_json, run, succeeds
from tests.unit.aws.operator import BOTH, NEW, NEW_CLIENT, OLD, OLD_CLIENT, bundle


@pytest.fixture
def made(fake: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Protected:
    monkeypatch.setenv("PKI_HOME", str(tmp_path / "none"))
    return protected_domain(fake, bundle(OLD))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    contents = {"both.pem": BOTH, "new.pem": bundle(NEW), "broken.pem": b"nothing"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    clients = tmp_path / "clients"
    clients.mkdir()
    for client, name in ((OLD_CLIENT, "alice"), (NEW_CLIENT, "bob")):
        (clients / f"{name}.pem").write_text(client.pem)
    return {name: str(tmp_path / name) for name in (*contents, "clients")}


def push(files: dict[str, str], name: str, *more: str) -> tuple[str, ...]:
    return ("truststore", "push", files[name], NAME, "--issued", files["clients"], *more)


def refused(fake: ControlPlane, *words: str) -> tuple[str, str]:
    done = run(fake, *words)
    assert done.exit_code == 1, done.output
    error, hint = done.stderr.splitlines()[-2:]
    assert error.startswith("error: ")
    assert hint.startswith("  hint: ")
    return error, hint


def test_it_shows_what_it_will_do_and_does_it(made: Protected, files: dict[str, str]) -> None:
    said = succeeds(made.fake, *push(files, "both.pem", "--yes"))
    assert f"{NAME} is on s3://" in said
    assert "+ anchor       CN=New Root,O=Example" in said
    assert "2 clients of" in said
    assert "1. upload it to" in said
    assert f"back to version {made.version}" in said
    assert f"{NAME} is AVAILABLE" in said
    assert f"python -m aws truststore rollback {NAME} {made.version}" in said
    assert made.fake.in_force(NAME) == BOTH
    again = succeeds(made.fake, *push(files, "both.pem", "--yes"))
    assert "is on it already" in again


def test_a_dry_run_changes_nothing(made: Protected, files: dict[str, str]) -> None:
    assert "nothing was changed" in succeeds(made.fake, *push(files, "both.pem", "--dry-run"))
    assert made.fake.in_force(NAME) == bundle(OLD)
    assert len(made.versions()) == 1


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 130), ("\n", 130)])
def test_it_asks_and_goes_by_the_answer(
    made: Protected, files: dict[str, str], answer: str, code: int
) -> None:
    done = run(made.fake, *push(files, "both.pem"), answer=answer)
    assert done.exit_code == code
    assert "Do it?" in done.stderr
    assert (made.fake.in_force(NAME) == BOTH) is (code == 0)


def test_where_nobody_can_be_asked_it_wants_yes(made: Protected, files: dict[str, str]) -> None:
    done = run(made.fake, *push(files, "both.pem"))
    assert done.exit_code == 2
    assert "give --yes" in done.stderr
    assert made.fake.in_force(NAME) == bundle(OLD)


def test_who_is_locked_out_is_shown_before_it_stops(made: Protected, files: dict[str, str]) -> None:
    done = run(made.fake, *push(files, "new.pem", "--yes"))
    assert done.exit_code == 1
    assert "loses  CN=old client,O=Example" in done.stdout
    assert "1 client would lose access: alice" in done.stderr
    assert "--lock-out 1" in done.stderr
    succeeds(made.fake, *push(files, "new.pem", "--yes", "--lock-out", "1"))
    assert made.fake.in_force(NAME) == bundle(NEW)


def test_for_programs_it_is_json(made: Protected, files: dict[str, str]) -> None:
    found = as_json(made.fake, *push(files, "both.pem", "--yes"))
    assert (found["is_changed"], found["before"]["version"]) == (True, made.version)
    assert found["after"]["version"] == made.versions()[-1][0]
    assert found["clients"]["counts"] == {"loses": 0, "gains": 1, "keeps": 1, "refused": 0}
    versions = as_json(made.fake, "truststore", "versions", NAME)
    assert [one["mark"] for one in versions["versions"]] == ["confirmed", ""]
    assert versions["in_force"]["version"] == found["after"]["version"]


def test_the_log_says_whom_it_concerns(
    made: Protected, files: dict[str, str], tmp_path: Path
) -> None:
    from pki.describe import fingerprint

    seen = tmp_path / "access.log"
    seen.write_text(json.dumps({"fingerprint": fingerprint(NEW_CLIENT.certificate)}) + "\n")
    words = push(files, "new.pem", "--yes", "--seen", str(seen))
    succeeds(made.fake, *words)  # the old client was not seen
    assert made.fake.in_force(NAME) == bundle(NEW)


def test_versions_and_back(made: Protected, files: dict[str, str], tmp_path: Path) -> None:
    succeeds(made.fake, *push(files, "both.pem", "--yes"))
    newest = made.versions()[-1][0]
    said = succeeds(made.fake, "truststore", "versions", NAME)
    assert f"-> {newest}" in said
    assert f"   {made.version}" in said
    out = tmp_path / "now.pem"
    succeeds(made.fake, "truststore", "pull", NAME, "--out", str(out))
    assert out.read_bytes() == BOTH
    assert succeeds(made.fake, "truststore", "pull", NAME).encode() == BOTH
    before = ("truststore", "pull", NAME, "--version", made.version)
    assert succeeds(made.fake, *before).encode() == bundle(OLD)
    error, _ = refused(made.fake, "truststore", "pull", NAME, "--out", str(out))
    assert "exists" in error
    back = ("truststore", "rollback", NAME, "--issued", files["clients"], "--yes")
    error, _ = refused(made.fake, *back)
    assert "1 client would lose access: bob" in error
    succeeds(made.fake, *back, "--lock-out", "1")
    assert made.fake.in_force(NAME) == bundle(OLD)
    succeeds(made.fake, "truststore", "rollback", NAME, newest, "--yes")
    assert made.fake.in_force(NAME) == BOTH


def test_there_is_nothing_to_go_back_to(made: Protected) -> None:
    error, hint = refused(made.fake, "truststore", "rollback", NAME, "--yes")
    assert "there is no truststore from before" in error
    assert "truststore push" in hint
    error, _ = refused(made.fake, "truststore", "rollback", NAME, "nonsense", "--yes")
    assert "nonsense" in error


def test_a_ca_is_rotated_in_steps(made: Protected, files: dict[str, str]) -> None:
    new, clients = files["new.pem"], files["clients"]
    known = ("--issued", clients)
    said = succeeds(made.fake, "rotate", "plan", new, NAME, *known)
    assert "now  trust both" in said
    assert "1 client still uses the old CA: alice" in said
    succeeds(made.fake, "rotate", "next", new, NAME, *known, "--yes")
    assert made.fake.accepts(NAME, OLD_CLIENT.certificate)
    assert made.fake.accepts(NAME, NEW_CLIENT.certificate)
    error, hint = refused(made.fake, "rotate", "next", new, NAME, *known, "--yes")
    assert "1 client still uses the old CA: alice" in error
    assert "rotate next" in hint
    assert as_json(made.fake, "rotate", "plan", new, NAME, *known)["next_step"] == "wait"
    Path(clients, "alice.pem").unlink()
    succeeds(made.fake, "rotate", "next", new, NAME, *known, "--yes")
    assert made.fake.in_force(NAME) == bundle(NEW)
    assert "the old CA is not trusted any more" in succeeds(
        made.fake, "rotate", "next", new, NAME, *known, "--yes"
    )


def test_the_old_ca_does_not_go_where_no_client_is_known(
    made: Protected, files: dict[str, str]
) -> None:
    succeeds(made.fake, "rotate", "next", files["new.pem"], NAME, "--yes")
    error, hint = refused(made.fake, "rotate", "next", files["new.pem"], NAME, "--yes")
    assert "no client is known" in error
    assert "--seen" in hint
    assert made.fake.accepts(NAME, OLD_CLIENT.certificate)
