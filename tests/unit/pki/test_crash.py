"""kill -9 at any point: the same command again succeeds, and nothing is lost."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.unit.pki.folder import Pki, made
from tests.unit.pki.processes import killed_at

_FAR = 200


def kill_everywhere(tmp_path: Path, start: Path | None, words: Sequence[str], **env: str) -> int:
    """Kill *words* at each of its changes, then run it again; return how many changes it has."""
    for count in range(1, _FAR):
        pki = Pki(tmp_path / f"killed-{count}")
        if start is not None:
            shutil.copytree(start, pki.home)
        before = {row["serial_number"] for row in pki.listed()} if start else set()
        came_that_far = killed_at(pki.home, words, count, **env)
        for leaf in pki.home.glob("[cs]*/*.pem"):
            assert leaf.with_suffix(".key").exists()
        if came_that_far:
            pki.done(*words, **env)
        pki.assert_consistent()
        assert before <= {row["serial_number"] for row in pki.listed()}
        if not came_that_far:
            return count - 1
    pytest.fail("it never came to its end")


def test_init_survives_a_kill_at_any_point(tmp_path: Path) -> None:
    assert kill_everywhere(tmp_path, None, ["init"]) > 15


def test_init_in_a_folder_with_a_gitignore_survives_a_kill_at_any_point(tmp_path: Path) -> None:
    start = tmp_path / "start"
    start.mkdir(mode=0o755)
    (start / ".gitignore").write_text("*\n")
    for count in range(1, _FAR):
        pki = Pki(tmp_path / f"killed-{count}")
        shutil.copytree(start, pki.home)
        if not killed_at(pki.home, ["init"], count):
            break
        pki.done("init")
        pki.assert_consistent()
        assert (pki.home / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    "words",
    [["issue", "client", "a"], ["issue", "client", "a", "--p12"], ["issue", "server", "a.b"]],
)
def test_issue_survives_a_kill_at_any_point(tmp_path: Path, words: list[str]) -> None:
    start = made(tmp_path)
    start.done("issue", "client", "earlier")
    assert kill_everywhere(tmp_path, start.home, words, PKI_P12_PASSPHRASE="x") > 10


@pytest.mark.parametrize("option", ["--renew", "--if-needed"])
def test_renewal_survives_a_kill_at_any_point(tmp_path: Path, option: str) -> None:
    start = made(tmp_path)
    start.done("issue", "server", "a.b")
    key = (start.home / "server/a.b.key").read_bytes()
    words = ["issue", "server", "a.b", "c.d", option]
    assert kill_everywhere(tmp_path, start.home, words) > 8
    for path in tmp_path.glob("killed-*/server/a.b.key"):
        assert path.read_bytes() == key


def test_another_command_completes_what_was_interrupted(tmp_path: Path) -> None:
    start = made(tmp_path)
    for count in range(1, _FAR):
        pki = Pki(tmp_path / f"killed-{count}")
        shutil.copytree(start.home, pki.home)
        came_that_far = killed_at(pki.home, ["issue", "client", "a"], count)
        pki.done("issue", "client", "other")
        pki.assert_consistent()
        if not came_that_far:
            break


def test_sign_into_a_file_survives_a_kill_at_any_point(tmp_path: Path) -> None:
    start = made(tmp_path)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a")])
    request = x509.CertificateSigningRequestBuilder(name).sign(key, hashes.SHA256())
    file = tmp_path / "a.csr"
    file.write_bytes(request.public_bytes(Encoding.PEM))
    for count in range(1, _FAR):
        pki = Pki(tmp_path / f"killed-{count}")
        shutil.copytree(start.home, pki.home)
        out = tmp_path / f"{count}.pem"
        words = ["sign", str(file), "--profile", "client", "--out", str(out)]
        came_that_far = killed_at(pki.home, words, count)
        if not out.exists():
            pki.done(*words)
        leaf = x509.load_pem_x509_certificate(out.read_bytes())
        assert f"{leaf.serial_number:x}" in {row["serial_number"] for row in pki.listed()}
        if not came_that_far:
            break
