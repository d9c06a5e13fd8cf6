"""The stack in real containers: brought up from a fresh clone, asked from outside, taken down."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from stack import docker as stack_docker
from stack import probe
from stack.settings import ROOT, Settings
from tests.conftest import free_port, missing

# Of this process: two checkouts may be tested at once, on one Docker engine.
PROJECT = f"mtls-api-test-{os.getpid()}"
NETWORK = f"172.30.{100 + os.getpid() % 150}"


@dataclass(frozen=True)
class Compose:
    """A checkout of its own, and `docker compose` in it."""

    folder: Path
    ports: tuple[int, int]  # of the ALB front and of the API Gateway front
    pki_port: int

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", "compose", "--project-name", PROJECT, *words],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ.get("HOME", "/"),
                "ALB_PORT": str(self.ports[0]),
                "API_GATEWAY_PORT": str(self.ports[1]),
                "PKI_PORT": str(self.pki_port),
                "STACK_NETWORK": NETWORK,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def curl(self, client: str, path: str = "/whoami", *, front: int = 0) -> str:
        """The body and the status; 000 when the connection was closed without an answer."""
        home = self.folder / ".pki"
        certificate = ("--cert", f"{home}/clients/{client}.pem", "--key",
                       f"{home}/clients/{client}.key") if client else ()  # fmt: skip
        return subprocess.run(
            ["curl", "-s", "-w", "%{http_code}", "--cacert", f"{home}/ca.pem", *certificate,
             f"https://localhost:{self.ports[front]}{path}"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout  # fmt: skip

    def container(self, service: str) -> Container:
        client = docker.from_env()
        try:
            return client.containers.get(f"{PROJECT}-{service}-1")
        finally:
            client.close()


def checkout(folder: Path) -> None:
    """What `git clone` would give: the tracked files, as they are now."""
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in tracked:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """`docker compose up` alone, in a fresh checkout that belongs to a user of its own."""
    inherited = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    if wrong := stack_docker.why_not(Settings(inherited=inherited)):
        missing(wrong)
    folder = tmp_path_factory.mktemp("checkout")
    checkout(folder)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "12345:12345", str(folder)], check=True)
    running = Compose(folder, (free_port(), free_port()), free_port())
    try:
        up = running.run("up", "--detach", "--build")
        assert up.returncode == 0, up.stderr
        alb, api_gateway = running.ports
        settings = Settings(alb_port=alb, api_gateway_port=api_gateway, pki_home=folder / ".pki")
        probe.wait(settings, lambda: None)
        yield running
    finally:
        running.run("down", "--volumes", "--rmi", "local")


FRONTS = pytest.mark.parametrize("front", [0, 1], ids=["alb", "api-gateway"])


@FRONTS
def test_a_client_of_the_stack_is_told_who_it_is(compose: Compose, front: int) -> None:
    answer = compose.curl("billing", front=front)
    assert answer.endswith("200")
    assert json.loads(answer[:-3])["uris"] == ["spiffe://example.org/billing"]
    assert answer == compose.curl("billing")


@FRONTS
def test_without_a_certificate_the_connection_is_closed(compose: Compose, front: int) -> None:
    assert compose.curl("", front=front) == "000"
    assert compose.curl("billing", front=front).endswith("200")


def test_nothing_but_the_gateway_reaches_the_function(compose: Compose) -> None:
    networks = compose.container("function").attrs["NetworkSettings"]["Networks"]
    assert [network["IPAddress"] for network in networks.values()] == [""]
    assert compose.container("function").attrs["HostConfig"]["NetworkMode"] == "none"
    shared = compose.container("gateway").attrs["HostConfig"]["NetworkMode"]
    assert shared == f"container:{compose.container('function').id}"


def test_another_client_is_issued_with_docker_alone(compose: Compose) -> None:
    made = compose.run("run", "--rm", "pki", "issue", "client", "alice")
    assert made.returncode == 0, made.stderr
    assert ".pki/clients/alice.pem" in made.stdout
    assert '"CN=alice,O=Example"' in compose.curl("alice")
    again = compose.run("run", "--rm", "pki", "issue", "client", "alice")
    assert again.returncode == 1
    assert "error: '.pki/clients/alice.pem' is there already" in again.stderr
    assert "hint:" in again.stderr


def test_certificates_belong_to_the_owner_of_the_checkout(compose: Compose) -> None:
    owner = (compose.folder / "docker-compose.yml").stat().st_uid
    home = compose.folder / ".pki"
    for path in (home, *home.rglob("*")):
        assert path.stat().st_uid == owner, path
    assert home.stat().st_mode & 0o777 == 0o700
    for key in home.rglob("*.key"):
        assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("service", ["service", "function", "gateway", "proxy"])
def test_a_container_has_no_right_it_does_not_need(compose: Compose, service: str) -> None:
    container = compose.container(service)
    host = container.attrs["HostConfig"]
    assert container.attrs["Config"]["User"] not in {"", "0", "root"}
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    status = container.exec_run(["cat", "/proc/1/status"]).output.decode()
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert container.exec_run(["touch", "/somewhere"]).exit_code != 0


def test_only_the_proxy_is_published_and_on_loopback_alone(compose: Compose) -> None:
    assert not any(compose.container("service").attrs["NetworkSettings"]["Ports"].values())
    ports = compose.container("proxy").attrs["NetworkSettings"]["Ports"]
    assert ports == {
        f"{inside}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(outside)}]
        for inside, outside in zip((8443, 9443), compose.ports, strict=True)
    }
    networks = compose.container("service").attrs["NetworkSettings"]["Networks"]
    assert list(networks) == [f"{PROJECT}_inside"]


def test_the_host_cannot_speak_for_the_proxy(compose: Compose) -> None:
    """The bridge gives the host an address in the internal network; it is not a trusted one."""
    service = compose.container("service")
    address = service.attrs["NetworkSettings"]["Networks"][f"{PROJECT}_inside"]["IPAddress"]
    leaf = (compose.folder / ".pki/clients/billing.pem").read_text().replace("\n", "%0A")
    asked = subprocess.run(
        ["curl", "-s", "-m", "10", "-w", "%{http_code}", "-H",
         f"X-Amzn-Mtls-Clientcert-Leaf: {leaf.replace(' ', '%20')}",
         f"http://{address}:8000/whoami"],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    assert asked.endswith("403")
    assert "certificate-required" in asked


def test_all_are_healthy(compose: Compose) -> None:
    for service in ("pki", "service", "function", "gateway", "proxy"):
        probe.until(
            lambda name=service: compose.container(name).health == "healthy",  # type: ignore[misc]
            lambda: None,
        )


def test_a_new_truststore_is_taken_and_a_broken_one_refused(compose: Compose) -> None:
    truststore = compose.folder / ".pki/truststore.pem"
    good = truststore.read_text()
    try:
        truststore.write_text(good[:-100])
        refused = compose.run("run", "--rm", "pki", "publish")
        assert refused.returncode == 1
        assert "error:" in refused.stderr
        assert "hint:" in refused.stderr
        assert compose.curl("billing").endswith("200")
    finally:
        truststore.write_text(good)
    assert compose.run("run", "--rm", "pki", "publish").returncode == 0
    assert compose.run("exec", "-T", "proxy", "/proxy/run", "reload").returncode == 0
    assert compose.curl("billing").endswith("200")


def test_the_log_has_one_json_line_per_request_and_no_certificate(compose: Compose) -> None:
    compose.curl("billing", "/nothing-here")
    probe.until(lambda: b"/nothing-here" in compose.container("service").logs(), lambda: None)
    log = compose.container("service").logs().decode()
    (line,) = (row for row in log.splitlines() if "/nothing-here" in row)
    assert json.loads(line)["verdict"] == "allowed"
    assert "BEGIN" not in log
