import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stack.cli import _register
from stack.docker import DockerStack, _explained
from stack.errors import StackError
from stack.native import NativeStack, _code, _message_and_hint, _require_free
from stack.probe import _MEANT
from stack.processes import Process, _reap
from stack.programs import _install_command
from stack.settings import ROOT, Settings


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALB_PORT", "0"),
        ("ALB_PORT", "65536"),
        ("ALB_PORT", "-1"),
        ("ALB_PORT", "https"),
        ("ALB_PORT", ""),
        ("API_GATEWAY_PORT", "x"),
        ("PKI_PORT", "65536"),
        ("PAYLOAD", "3.0"),
        ("MTLS_MODE", "off"),
        ("MTLS_MODE", ""),
    ],
)
def test_a_setting_that_cannot_work_is_named(variable: str, value: str) -> None:
    with pytest.raises(StackError) as raised:
        Settings.from_env({variable: value})
    assert raised.value.message.startswith(f"{variable} is {value!r}; expected")
    assert raised.value.hint.endswith("make up")


@pytest.mark.parametrize(
    ("one", "other", "port"),
    [
        ("ALB_PORT", "API_GATEWAY_PORT", "9443"),
        ("ALB_PORT", "PKI_PORT", "8085"),
        ("API_GATEWAY_PORT", "PKI_PORT", "8085"),
    ],
)
def test_two_on_one_port_are_refused(one: str, other: str, port: str) -> None:
    with pytest.raises(StackError, match=f"{one} and {other} are both {port}"):
        Settings.from_env({one: port})


def test_settings_are_read() -> None:
    env = {"ALB_PORT": "9000", "MTLS_MODE": "passthrough", "PATH": "/bin", "SECRET": "x"}
    settings = Settings.from_env(env)
    assert (settings.alb_port, settings.mtls_mode) == (9000, "passthrough")
    assert settings.inherited == {"PATH": "/bin"}
    assert settings.urls["alb"] == "https://localhost:9000"


def test_the_registry_is_kept_where_the_stack_runs_unless_it_is_said_otherwise() -> None:
    kept = Settings.from_env({"RUN_DIR": "/here"})
    assert kept.registry == {"CLIENT_REGISTRY": "sqlite:////here/registry.sqlite"}
    asked = {"CLIENT_REGISTRY": "sqlite:////there.sqlite", "REGISTRY_TTL": "5s"}
    assert Settings.from_env(asked).registry == {"CLIENT_REGISTRY": "sqlite:////there.sqlite"}
    assert Settings.from_env(asked).inherited == asked
    assert Settings.from_env({"CLIENT_REGISTRY": ""}).registry == {"CLIENT_REGISTRY": ""}


def test_what_makes_an_administrator_is_said_where_there_is_a_registry() -> None:
    kept = Settings()
    line = _register(NativeStack(kept))
    assert line.startswith("Let it administer who may call: CLIENT_REGISTRY=sqlite:///.run/")
    assert "docker compose exec -T service flask" in _register(DockerStack(kept))
    for stack in (NativeStack, DockerStack):
        assert _register(stack(Settings(inherited={"CLIENT_REGISTRY": ""}))) == ""


def test_a_taken_port_is_one_clear_error() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(StackError) as raised:
            _require_free(port, "ALB_PORT")
    assert f"port {port} cannot be used: address already in use" in raised.value.message
    assert raised.value.hint.startswith(f"ALB_PORT={port + 1} make up (")
    assert "make down" in raised.value.hint
    _require_free(port, "ALB_PORT")


def test_a_taken_port_leaves_nothing_started(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        stack = NativeStack(
            Settings(
                alb_port=listener.getsockname()[1],
                pki_home=tmp_path / "pki",
                run_dir=tmp_path / "run",
                inherited={"PATH": os.environ["PATH"]},
            )
        )
        with pytest.raises(StackError):
            stack.up(lambda _line: None)
    assert stack.service.pid() is None
    assert stack.proxy.pid() is None
    assert not (tmp_path / "pki").exists()


def test_what_a_command_said_is_passed_on() -> None:
    assert _message_and_hint("error: no x\n  hint: make x\n") == ("no x", "make x")
    assert _message_and_hint("error: no x\n") == ("no x", "")


def test_dockers_words_become_ours() -> None:
    settings = Settings(alb_port=8443)
    port = _explained("Error: Bind for 127.0.0.1:8443 failed: port is already allocated", settings)
    assert port == ("port 8443 is taken", "ALB_PORT=8444 make up")
    pki = _explained("Bind for 127.0.0.1:8085 failed: port is already allocated", settings)
    assert pki == ("port 8085 is taken", "PKI_PORT=8086 make up")
    network = _explained("invalid pool request: Pool overlaps with other one", settings)
    assert "STACK_NETWORK=" in network[1]


def test_what_keeps_a_container_from_its_start_is_told_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = "dependency failed to start: container mtls-api-gateway-1 is unhealthy"
    log = "\x1b[2Kerror: --client-rate is '2/x'\n\x1b[2K  hint: 20/s\n" * 3

    def run(_stack: DockerStack, *words: str) -> subprocess.CompletedProcess[str]:
        if words[0] == "logs":
            assert words[-1] == "gateway"
            return subprocess.CompletedProcess(words, 0, log, "")
        return subprocess.CompletedProcess(words, 1, "", failed)

    monkeypatch.setattr(DockerStack, "_run", run)
    with pytest.raises(StackError) as raised:
        DockerStack(Settings()).up(lambda _line: None)
    told = "gateway does not start:\n  error: --client-rate is '2/x'\n    hint: 20/s"
    assert (raised.value.message, raised.value.hint) == (told, "make logs")


def test_there_are_no_logs_of_containers_that_do_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DockerStack, "_states", lambda _stack: {})
    with pytest.raises(StackError, match="not running"):
        DockerStack(Settings()).logs()
    monkeypatch.setattr(DockerStack, "_states", lambda _stack: {"service": "exited"})
    assert DockerStack(Settings()).logs()[:3] == ["docker", "compose", "logs"]


def test_a_changed_program_is_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.native.ROOT", tmp_path)
    hello = tmp_path / "service/blueprints/hello.py"
    hello.parent.mkdir(parents=True)
    nothing = _code()
    hello.write_text("")
    added = _code()
    hello.with_suffix(".pyc").write_text("")
    assert nothing != added == _code()
    os.utime(hello, ns=(1, 1))
    assert _code() != added


@pytest.mark.parametrize(
    ("slug", "answered"),
    [
        ("certificate-not-allowed", True),
        ("certificate-revoked", True),
        ("client-suspended", True),
        ("too-many-requests", True),
        ("certificate-required", False),
        ("certificate-status-unknown", False),
        ("registry-unavailable", False),
    ],
)
def test_refusals_of_billing_that_somebody_meant_are_answers(slug: str, *, answered: bool) -> None:
    body = b'{"type": "urn:problem-type:%s", "status": 403}' % slug.encode()
    assert bool(_MEANT.search(body)) is answered


def test_the_last_words_are_of_this_start(tmp_path: Path) -> None:
    process = Process("napper", tmp_path)
    for words in ("before", "now"):
        process.start([sys.executable, "-c", f"print({words!r})"], {})
        while process.pid() is not None:
            time.sleep(0.01)
        with pytest.raises(StackError) as raised:
            process.require()
        assert raised.value.message == f"the napper ended:\n  {words}"


def sleeper(process: Process, *, stubborn: bool = False) -> None:
    code = "import signal,time\n"
    if stubborn:
        code += "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    code += f"open({str(process.run_dir / 'ready')!r}, 'w')\ntime.sleep(60)  # napper\n"
    process.start([sys.executable, "-c", code], {})
    while not (process.run_dir / "ready").exists():
        process.require()


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_process_is_found_again_and_ended(tmp_path: Path, *, stubborn: bool) -> None:
    process = Process("napper", tmp_path)
    assert process.pid() is None
    sleeper(process, stubborn=stubborn)
    assert Process("napper", tmp_path).pid() == process.pid() is not None
    process.stop(seconds=0.5)
    assert process.pid() is None


def test_a_reused_pid_is_not_taken_for_ours(tmp_path: Path) -> None:
    (tmp_path / "napper.pid").write_text(f"{os.getpid()} 1\n")
    process = Process("napper", tmp_path)
    assert process.pid() is None
    process.stop()
    (tmp_path / "napper.pid").write_text("nonsense")
    assert process.pid() is None


def test_a_path_that_nginx_cannot_have_is_refused(tmp_path: Path) -> None:
    Settings(run_dir=tmp_path, pki_home=tmp_path).require_usable_paths()
    for name in ("a b", "a;b", "$a", "x" * 120):
        with pytest.raises(StackError):
            Settings(run_dir=tmp_path / name, pki_home=tmp_path).require_usable_paths()


def test_a_passphrase_reaches_the_certificate_tools_alone() -> None:
    settings = Settings.from_env({"PKI_PASSPHRASE": "secret", "PKI_LEAF_PASSPHRASE": "secret"})
    assert settings.passphrase == "secret"
    assert "secret" not in repr(settings)
    assert "secret" not in str(NativeStack(settings)._service_env())
    assert NativeStack(settings)._pki_env()["PKI_PASSPHRASE"] == "secret"


def test_a_process_that_ended_tells_its_last_words(tmp_path: Path) -> None:
    process = Process("napper", tmp_path)
    process.start([sys.executable, "-c", "print('napper: the last words')"], {})
    while process.pid() is not None:
        _reap(process.pid() or 0)
    with pytest.raises(StackError, match="the last words"):
        process.require()


@pytest.mark.parametrize(
    ("words", "env", "code", "told"),
    [
        (["up"], {"ALB_PORT": "x"}, 1, "error: ALB_PORT is 'x'"),
        (["up"], {"MODE": "cloud"}, 1, "error: MODE is 'cloud'; expected docker or native"),
        (["reload"], {"MODE": "native", "PATH": "/nowhere"}, 1, "error: the stack is not running"),
        (["up"], {"MODE": "native", "RUN_DIR": "/dev/null/x"}, 1, "error: cannot use"),
        (["fly"], {}, 2, "invalid choice: 'fly'"),
        ([], {}, 2, "required: command"),
    ],
)
def test_a_mistake_is_a_line_and_no_traceback(
    tmp_path: Path, words: list[str], env: dict[str, str], code: int, told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stack", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "RUN_DIR": str(tmp_path), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("manager", "package", "name"),
    [
        ("apt-get", "nginx", "nginx"),
        ("apt-get", "nss-tools", "libnss3-tools"),
        ("dnf", "nss-tools", "nss-tools"),
        ("apk", "nss-tools", "nss-tools"),
        ("brew", "nss-tools", "nss"),
    ],
)
def test_each_package_manager_is_asked_for_its_own_name(
    monkeypatch: pytest.MonkeyPatch, manager: str, package: str, name: str
) -> None:
    monkeypatch.setattr("shutil.which", lambda program: program if program == manager else None)
    command = _install_command(package)
    assert command is not None
    assert manager in command
    assert command[-1] == name


def test_without_a_package_manager_there_is_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _program: None)
    assert _install_command("nginx") is None
