"""The stack as plain processes: nginx before gunicorn, and before gateway and function."""

from __future__ import annotations

import fcntl
import hashlib
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from . import probe, programs, runtime
from .errors import StackError
from .processes import Process
from .settings import PASSPHRASE, ROOT, Settings

Say = Callable[[str], None]


class NativeStack:
    """One stack in one run_dir; several can run side by side."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pki = Process("pki", settings.run_dir)
        self.service = Process("service", settings.run_dir)
        self.function = Process("lambda", settings.run_dir)
        self.gateway = Process("gateway", settings.run_dir)
        self.proxy = Process("proxy", settings.run_dir)

    def up(self, say: Say) -> None:
        """Start what does not run, and wait until it answers; raises StackError."""
        self.settings.require_usable_paths()
        with self._lock():
            if self._runs_as_asked():
                probe.wait(self.settings, self._require)
                return
            self._stop()
            _require_free(self.settings.alb_port, "ALB_PORT")
            _require_free(self.settings.api_gateway_port, "API_GATEWAY_PORT")
            _require_free(self.settings.pki_port, "PKI_PORT")
            self.make_certificates(say)
            say("starting pki, service, function, gateway and proxy")
            try:
                self._start()
                probe.wait(self.settings, self._require)
            except BaseException:
                self._stop()
                raise
            self._mode_file.write_text(self._mode())

    def down(self) -> None:
        """End both; nothing if they do not run."""
        with self._lock():
            self._stop()

    def reload(self) -> None:
        """Take a new truststore; raises StackError and changes nothing if it is broken."""
        self._require()
        self._put_truststore_in_force()
        if self.settings.mtls_mode == "passthrough":
            self.service.signal(signal.SIGHUP)
        done = programs.run(ROOT / "proxy/run", "reload", env=self._proxy_env())
        if done.returncode:
            raise StackError(*_message_and_hint(done.stderr))

    def logs(self) -> list[str]:
        """The command that shows the logs and follows them."""
        return [
            "tail",
            "-n",
            "50",
            "-F",
            *(str(process.log) for process in self._all if process.log.exists()),
        ]

    def make_certificates(self, say: Say) -> None:
        """Make the CA, the server leaf and the client `billing`, where missing or about to end."""
        for words in (
            ["init"],
            ["issue", "server", "localhost", "127.0.0.1", "::1", "--if-needed"],
            ["issue", "client", "billing", "--if-needed"],
        ):
            self._pki(*words)
        say(f"certificates are in {_short(self.settings.pki_home)}")

    @property
    def _all(self) -> tuple[Process, ...]:
        """In the order in which they stop."""
        return (self.proxy, self.gateway, self.function, self.service, self.pki)

    def _pki(self, *words: str | Path) -> None:
        command = (programs.VENV / "bin/python", "-m", "pki", *words)
        done = programs.run(*command, env=self._pki_env())
        if done.returncode:
            raise StackError(*_message_and_hint(done.stderr))

    def _start(self) -> None:
        run_dir, python = self.settings.run_dir, programs.VENV / "bin/python"
        bind = f"127.0.0.1:{self.settings.pki_port}"
        self.pki.start([python, "-m", "pki", "serve", "--bind", bind], self._pki_env())
        for name in ("service.sock", "gateway.sock"):
            (run_dir / name).unlink(missing_ok=True)
        self._put_truststore_in_force()
        self.service.start(
            [programs.VENV / "bin/gunicorn", "-c", ROOT / "service/gunicorn.conf.py"],
            self._service_env(),
        )
        self.gateway.start(
            [
                *(python, "-m", "proxy", "gateway", "--invoke", self._start_function()),
                *("--socket", run_dir / "gateway.sock"),
                *("--truststore", self._truststore),
                *("--payload", self.settings.payload, "--binary-media-types", "*/*"),
                *("--client-rate", self.settings.front("CLIENT_RATE")),
                *("--client-burst", self.settings.front("CLIENT_BURST")),
            ],
            self._function_env(),
        )
        probe.until(lambda: probe.publishes(self.settings), self.pki.require)
        probe.until((run_dir / "service.sock").exists, self.service.require)
        probe.until((run_dir / "gateway.sock").exists, self.gateway.require)
        self.proxy.start([ROOT / "proxy/run", "start"], self._proxy_env())

    def _start_function(self) -> str:
        """Start the function under AWS's runtime client and emulator; how the gateway calls it."""
        if not runtime.RIE.exists():
            return "service.lambda_handler:handler"
        invoke, runtime_api = (f"127.0.0.1:{port}" for port in _two_free_ports())
        self.function.start(
            [
                *(runtime.RIE, "--log-level", "error"),
                *("--runtime-interface-emulator-address", invoke),
                *("--runtime-api-address", runtime_api),
                *(programs.VENV / "bin/python", "-m", "awslambdaric"),
                "service.lambda_handler.handler",
            ],
            self._function_env(),
        )
        return f"http://{invoke}/2015-03-31/functions/function/invocations"

    def _stop(self) -> None:
        self._mode_file.unlink(missing_ok=True)
        for process in self._all:
            process.stop()

    def _require(self) -> None:
        if self.proxy.pid() is None and self.service.pid() is None:
            raise StackError("the stack is not running", "make up")
        for process in self._wanted:
            process.require()

    @property
    def _wanted(self) -> tuple[Process, ...]:
        return tuple(p for p in self._all if p is not self.function or runtime.RIE.exists())

    def _runs_as_asked(self) -> bool:
        running = all(process.pid() for process in self._wanted) and self._mode_file.exists()
        return running and self._mode_file.read_text() == self._mode()

    def _mode(self) -> str:
        kept = self.settings
        ports = (kept.alb_port, kept.api_gateway_port, kept.pki_port)
        asked = (*ports, kept.payload, kept.mtls_mode, kept.pki_home)
        environment = hashlib.sha256(repr(sorted(self._service_env().items())).encode())
        return f"{' '.join(map(str, asked))} {environment.hexdigest()} {_code()}\n"

    @property
    def _mode_file(self) -> Path:
        return self.settings.run_dir / "mode"

    def _put_truststore_in_force(self) -> None:
        """Copy it, once it is seen to be good: a worker that starts later must not find another."""
        wanted, in_force = self.settings.pki_home / "truststore.pem", self._truststore
        self._pki("truststore", "check", wanted)
        copy = in_force.with_suffix(".next")
        copy.write_bytes(wanted.read_bytes())
        copy.replace(in_force)

    @property
    def _truststore(self) -> Path:
        return self.settings.run_dir / "truststore.pem"

    def _env(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**self.settings.inherited, **more}

    def _pki_env(self) -> dict[str, str]:
        env = self._env({"PKI_HOME": str(self.settings.pki_home), "PYTHONUNBUFFERED": "1"})
        if self.settings.passphrase is not None:
            env[PASSPHRASE] = self.settings.passphrase
        return env

    def _service_env(self) -> dict[str, str]:
        return self._env(
            {
                **self.settings.allow,
                **self.settings.revocation,
                **self.settings.registry,
                "BIND": f"unix:{self.settings.run_dir}/service.sock",
                "CLIENT_CERT_SOURCE": f"alb-{self.settings.mtls_mode}",
                "TRUSTED_PROXIES": "unix",
                "TRUSTSTORE": str(self._truststore),
            }
        )

    def _function_env(self) -> dict[str, str]:
        return self._env(
            {
                **self.settings.allow,
                **self.settings.revocation,
                **self.settings.registry,
                "CLIENT_CERT_SOURCE": "api-gateway",
                "TRUSTSTORE": str(self._truststore),
                # What Lambda sets and the emulator does not.
                "AWS_LAMBDA_FUNCTION_NAME": "ApiFunction",
                "LAMBDA_TASK_ROOT": str(ROOT),
            }
        )

    def _proxy_env(self) -> dict[str, str]:
        home = self.settings.pki_home
        return self._env(
            {
                "ALB_LISTEN": f"127.0.0.1:{self.settings.alb_port}",
                "API_GATEWAY_LISTEN": f"127.0.0.1:{self.settings.api_gateway_port}",
                "GATEWAY": f"unix:{self.settings.run_dir}/gateway.sock",
                "MTLS_MODE": self.settings.mtls_mode,
                "RUN_DIR": str(self.settings.run_dir / "proxy"),
                "SERVICE": f"unix:{self.settings.run_dir}/service.sock",
                "TRUSTSTORE": str(self._truststore),
                "SERVER_PEM": str(home / "server/localhost.pem"),
                "SERVER_KEY": str(home / "server/localhost.key"),
            }
        )

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One command at a time; the folder is the owner's alone, and so is the socket in it."""
        self.settings.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.settings.run_dir.chmod(0o700)
        with (self.settings.run_dir / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _require_free(port: int, variable: str) -> None:
    with socket.socket() as probe_socket:
        probe_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe_socket.bind(("127.0.0.1", port))
        except OSError as error:
            raise StackError(
                f"port {port} cannot be used: {(error.strerror or '').lower()}",
                f"{variable}={port % 65535 + 1} make up (or, of our containers: make down)",
            ) from error


def _code() -> str:
    """What changes when a file of the program does: `up` again then starts the new one."""
    files = sorted(
        file for part in ("pki", "proxy", "service") for file in (ROOT / part).rglob("*")
    )
    kept = (file for file in files if file.suffix != ".pyc" and file.is_file())
    seen = repr([(str(file), file.stat().st_mtime_ns) for file in kept])
    return hashlib.sha256(seen.encode()).hexdigest()


def _two_free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for listener in (one, other):
            listener.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def _message_and_hint(stderr: str) -> tuple[str, str]:
    """What a command of ours said, in its `error:` and `hint:` lines."""
    message, _, hint = stderr.strip().removeprefix("error: ").rpartition("\n  hint: ")
    return (message, hint) if message else (hint, "")


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
