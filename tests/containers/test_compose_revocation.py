"""pki in its container: it serves CRL and OCSP, and a revocation is in force at once."""

from __future__ import annotations

import subprocess
from urllib.request import urlopen

from cryptography import x509

from stack import probe
from tests.containers.test_compose import PROJECT, Compose, compose

__all__ = ["compose"]  # the fixture


def served(running: Compose) -> x509.CertificateRevocationList:
    with urlopen(f"http://127.0.0.1:{running.pki_port}/crl", timeout=10) as response:
        assert response.headers["Content-Type"] == "application/pkix-crl"
        return x509.load_der_x509_crl(response.read())


def said_of(running: Compose, name: str) -> str:
    """What the responder says of a client, to OpenSSL."""
    home = running.folder / ".pki"
    asked = subprocess.run(
        ["openssl", "ocsp", "-issuer", home / "authorities/issuing.pem", "-CAfile",
         home / "truststore.pem", "-cert", home / f"clients/{name}.pem",
         "-url", f"http://127.0.0.1:{running.pki_port}/ocsp"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Response verify OK" in asked.stderr, asked.stderr
    return asked.stdout.split(": ", 1)[1].split()[0]


def test_what_is_revoked_beside_it_is_served_at_once(compose: Compose) -> None:
    for name in ("carol", "dave"):
        assert compose.run("run", "--rm", "pki", "issue", "client", name).returncode == 0
    assert (len(served(compose)), said_of(compose, "carol")) == (0, "good")
    revoked = compose.run("run", "--rm", "pki", "revoke", "carol", "--reason", "keyCompromise")
    assert revoked.returncode == 0, revoked.stderr
    carol = x509.load_pem_x509_certificate((compose.folder / ".pki/clients/carol.pem").read_bytes())
    found = served(compose)
    assert [entry.serial_number for entry in found] == [carol.serial_number]
    assert (said_of(compose, "carol"), said_of(compose, "dave")) == ("revoked", "good")
    handed_over = compose.run("exec", "-T", "service", "cat", "/truststore/crl.pem").stdout
    assert x509.load_pem_x509_crl(handed_over.encode()) == found


def test_pki_is_published_on_loopback_alone_and_reaches_nobody(compose: Compose) -> None:
    container = compose.container("pki")
    ports = container.attrs["NetworkSettings"]["Ports"]
    assert ports == {"8085/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(compose.pki_port)}]}
    networks = container.attrs["NetworkSettings"]["Networks"]
    assert list(networks) == [f"{PROJECT}_publishing"]
    address = networks[f"{PROJECT}_publishing"]["IPAddress"]
    for other in ("service", "proxy"):
        program = f"import socket; socket.create_connection(('{address}', 8085), 3)"
        words = ["python", "-c", program] if other == "service" else ["curl", "-m3", address]
        assert compose.container(other).exec_run(words).exit_code != 0


def test_pki_listens_as_the_owner_of_the_checkout_without_any_right(compose: Compose) -> None:
    container = compose.container("pki")
    host = container.attrs["HostConfig"]
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    rights = {right.removeprefix("CAP_") for right in host["CapAdd"]}
    assert rights == {"SETUID", "SETGID", "CHOWN", "FOWNER"}
    assert host["RestartPolicy"]["Name"] == "on-failure"
    owner = (compose.folder / "docker-compose.yml").stat().st_uid
    listed = container.exec_run(
        [
            "python",
            "-c",
            "import glob; [print(open(f).read()) for f in glob.glob('/proc/[0-9]*/status')]",
        ]
    ).output.decode()
    ours = [status for status in listed.split("Name:") if f"Uid:\t{owner}\t{owner}" in status]
    assert len(ours) >= 4  # who keeps the CRL fresh; gunicorn and its workers
    for status in ours:
        assert "CapEff:\t0000000000000000" in status
        assert "CapPrm:\t0000000000000000" in status
        assert "NoNewPrivs:\t1" in status


KILL_GUNICORN = """
import glob, os
for stat in glob.glob("/proc/[0-9]*/stat"):
    pid, parent = (open(stat).read().rpartition(")")[i].split()[j] for i, j in ((0, 0), (2, 1)))
    if parent == "1":
        os.kill(int(pid), 9)
"""


def test_pki_comes_back_when_what_listens_is_killed(compose: Compose) -> None:
    owner = (compose.folder / "docker-compose.yml").stat().st_uid
    began = compose.container("pki").attrs["State"]["StartedAt"]
    compose.container("pki").exec_run(["python", "-c", KILL_GUNICORN], user=str(owner))
    probe.until(
        lambda: (
            compose.container("pki").attrs["State"]["StartedAt"] != began
            and compose.container("pki").health == "healthy"
        ),
        lambda: None,
    )
    assert said_of(compose, "billing") == "good"
