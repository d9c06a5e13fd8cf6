"""The stack in containers: docker-compose.yml, and what has to be so before it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable

from . import probe
from .errors import StackError
from .programs import run
from .settings import PASSPHRASE, ROOT, Settings

Say = Callable[[str], None]


class DockerStack:
    """The project's compose stack."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def up(self, say: Say) -> None:
        """Build, start in the background, wait until it answers; raises StackError."""
        say("building the images")
        self._compose("build", "--quiet")
        say("starting pki, service, function, gateway and proxy")
        self._compose("up", "--detach", "--remove-orphans")
        probe.wait(self.settings, self._require)

    def down(self) -> None:
        """Stop and remove the containers; certificates stay in .pki, and who is registered."""
        self._compose("down", "--remove-orphans")
        volumes = [name for key, name in self.volumes().items() if key != "registry"]
        _docker(self.settings, "volume", "rm", "--force", *volumes)

    def volumes(self) -> dict[str, str]:
        """What docker-compose.yml calls its volumes, and what the engine does."""
        found: dict[str, dict[str, str]] = json.loads(
            self._run("config", "--format", "json").stdout
        )["volumes"]
        return {key: volume["name"] for key, volume in found.items()}

    def reload(self) -> None:
        """Take a new truststore; raises StackError and changes nothing if it is broken."""
        self._require()
        self._compose("run", "--rm", "--no-deps", "pki", "publish")
        if self.settings.mtls_mode == "passthrough":
            self._compose("kill", "--signal", "HUP", "service")
        self._compose("exec", "-T", "proxy", "/proxy/run", "reload")

    def logs(self) -> list[str]:
        """The command that shows the logs and follows them; raises StackError if there are none."""
        if not self._states():
            raise StackError("the stack is not running", "make up")
        return ["docker", "compose", "logs", "--follow", "--tail", "50"]

    def _require(self) -> None:
        states = self._states()
        if not states:
            raise StackError("the stack is not running", "make up")
        for name, state in states.items():
            if state in {"exited", "dead"}:
                words = self._last_words(name)
                raise StackError(f"the container {name} ended:\n{words}", "make logs")

    def _last_words(self, name: str) -> str:
        """The end of the log, indented; what a container says at each attempt to start, once."""
        log = self._run("logs", "--no-log-prefix", "--no-color", "--tail", "8", name).stdout
        # Compose erases the line before each one, also where nobody looks at a terminal.
        said = dict.fromkeys(line.removeprefix("\x1b[2K").rstrip() for line in log.splitlines())
        return "\n".join("  " + line for line in said)

    def _states(self) -> dict[str, str]:
        lines = self._run("ps", "--all", "--format", "json").stdout.splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
        return {row["Service"]: row["State"] for row in rows}

    def _compose(self, *words: str) -> None:
        done = self._run(*words)
        if done.returncode:
            message, hint = _explained(done.stderr.strip(), self.settings)
            if unhealthy := re.search(r"container \S*?(\w+)-\d+ (?:is unhealthy|exited)", message):
                message = f"{unhealthy[1]} does not start:\n{self._last_words(unhealthy[1])}"
            raise StackError(message, hint)

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        settings = self.settings
        return run(
            *("docker", "compose", "--project-directory", str(ROOT), "--progress", "quiet", *words),
            env={
                **settings.inherited,
                "ALB_PORT": str(settings.alb_port),
                "API_GATEWAY_PORT": str(settings.api_gateway_port),
                "PKI_PORT": str(settings.pki_port),
                "PAYLOAD": settings.payload,
                "MTLS_MODE": settings.mtls_mode,
                "PKI_HOME": str(settings.pki_home),
                **({} if settings.passphrase is None else {PASSPHRASE: settings.passphrase}),
            },
        )


def why_unreachable(settings: Settings) -> str:
    """What keeps us from asking an engine for our containers; empty if nothing does."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    for words, wrong in (
        (["info"], "no Docker engine can be reached"),
        (["compose", "version"], "docker compose is not installed"),
    ):
        if _docker(settings, *words).returncode:
            return wrong
    return ""


def why_not(settings: Settings) -> str:
    """What keeps the stack from being built and started with Docker; empty if nothing does."""
    if wrong := why_unreachable(settings):
        return wrong
    if _docker(settings, "buildx", "version").returncode:
        return "docker buildx is not installed"
    for image in _base_images():
        if _docker(settings, "image", "inspect", image).returncode == 0:
            continue
        if _docker(settings, "pull", "--quiet", image).returncode:
            return f"the image {image} cannot be had"
    return ""


def _docker(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return run("docker", *words, env=settings.inherited, timeout=180)


def _base_images() -> list[str]:
    texts = [file.read_text() for file in sorted(ROOT.glob("*/*Dockerfile"))]
    return sorted({image for text in texts for image in re.findall(r"(?m)^FROM (\S+)", text)})


def _explained(stderr: str, settings: Settings) -> tuple[str, str]:
    if "port is already allocated" in stderr or "address already in use" in stderr:
        for variable, port in (
            ("API_GATEWAY_PORT", settings.api_gateway_port),
            ("PKI_PORT", settings.pki_port),
            ("ALB_PORT", settings.alb_port),
        ):
            if f":{port} " in stderr or f":{port}:" in stderr or variable == "ALB_PORT":
                return f"port {port} is taken", f"{variable}={port + 1} make up"
    if "overlap" in stderr:
        return (
            "the stack's internal network overlaps another one",
            "STACK_NETWORK=172.29.83 make up",
        )
    message, _, hint = stderr.rpartition("\n  hint: ")
    return (message or hint).removeprefix("error: "), hint if message else "make logs"
