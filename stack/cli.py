"""`python -m stack`: what `make up`, `down`, `logs`, `reload` and `test` call."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Callable

from . import docker, dynamodb_local, programs, runtime, tools
from .docker import DockerStack
from .errors import StackError
from .native import NativeStack
from .settings import ROOT, Settings


def main() -> int:
    """Run one command; errors are two lines on stderr and exit 1."""
    parser = argparse.ArgumentParser(prog="python -m stack", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    command = parser.parse_args().command
    # Debian keeps servers in /usr/sbin, which is not on everybody's PATH.
    os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
    try:
        COMMANDS[command](Settings.from_env(os.environ))
    except StackError as error:
        sys.stderr.write(f"error: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"  hint: {error.hint}\n")
        return 1
    except BrokenPipeError:
        # Whoever read it, such as `head`, has enough; what print() still holds has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        sys.stderr.write(f"error: cannot use {error.filename!r}: {error.strerror}\n")
        sys.stderr.write("  hint: does it belong to you? sudo chown -R $(id -u) .run .pki .venv\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def up(settings: Settings) -> None:
    """Start the stack, wait until it answers, and say what to type next."""
    stack = _chosen(settings)
    if isinstance(stack, NativeStack):
        programs.ensure_venv(_say)
        programs.ensure_nginx(_say)
        runtime.ensure_rie(_say)
    elif NativeStack(settings).proxy.pid() is not None:
        raise StackError("the stack already runs, as plain processes", "make down")
    stack.up(_say)
    home = os.path.relpath(settings.pki_home)
    billing = f"{home}/clients/billing"
    ask = f"curl --cacert {home}/ca.pem --cert {billing}.pem --key {billing}.key"
    print(
        "\nThe mTLS API answers on two fronts. As an Application Load Balancer serves it:\n\n"
        f"  {ask} {settings.urls['alb']}/whoami\n\n"
        "and as API Gateway with Lambda behind it does:\n\n"
        f"  {ask} {settings.urls['api-gateway']}/whoami\n\n"
        f"Another client: {_issue(stack)}\n"
        f"{_register(stack)}"
        "Logs: make logs    Stop: make down"
    )


def down(settings: Settings) -> None:
    """Stop the stack, however it was started."""
    NativeStack(settings).down()
    if not docker.why_unreachable(settings):
        DockerStack(settings).down()
    print("stopped; the certificates stay in .pki, and so does who is registered")


def reload(settings: Settings) -> None:
    """Take a new truststore without dropping a connection."""
    _running(settings).reload()
    print("the new truststore is in force")


def logs(settings: Settings) -> None:
    """Show the last lines of the logs, and follow them."""
    command = _running(settings).logs()
    os.chdir(ROOT)
    os.execvp(command[0], command)  # noqa: S606


def venv(_settings: Settings) -> None:
    """Make .venv; where we may, also install what some of the tests need besides."""
    programs.ensure_venv(_say)
    for ensure in (programs.ensure_nginx, runtime.ensure_rie):
        _try(ensure)


def test(settings: Settings) -> None:
    """All that the tests need: .venv, and the tools that live in environments of their own."""
    venv(settings)
    _try(programs.ensure_nss_tools)
    _try(dynamodb_local.ensure_dynamodb_local)
    # Too much to put on anybody's laptop unasked.
    if os.environ.get("REQUIRE_ALL_TESTS") == "1":
        _try(programs.ensure_chromium)
    for name in tools.TOOLS:
        tools.ensure_tool(name, _say)


def sam(_settings: Settings) -> None:
    """AWS's SAM, for `make build` and `make deploy`, where none is on PATH."""
    programs.ensure_venv(_say)
    if shutil.which("sam") is None:
        tools.ensure_tool("sam", _say)


COMMANDS = {
    "up": up,
    "down": down,
    "reload": reload,
    "logs": logs,
    "venv": venv,
    "test": test,
    "sam": sam,
}


def _chosen(settings: Settings) -> NativeStack | DockerStack:
    mode = os.environ.get("MODE", "")
    if mode not in {"", "docker", "native"}:
        raise StackError(f"MODE is {mode!r}; expected docker or native", "make up")
    if mode == "native":
        return NativeStack(settings)
    wrong = docker.why_not(settings)
    if not wrong:
        return DockerStack(settings)
    if mode == "docker":
        raise StackError(f"{wrong}", "MODE=native make up")
    _say(f"{wrong}: starting plain processes instead")
    return NativeStack(settings)


def _running(settings: Settings) -> NativeStack | DockerStack:
    native = NativeStack(settings)
    if native.proxy.pid() is not None or docker.why_unreachable(settings):
        return native
    return DockerStack(settings)


def _issue(stack: NativeStack | DockerStack) -> str:
    if isinstance(stack, DockerStack):
        return "docker compose run --rm pki issue client alice"
    return ".venv/bin/python -m pki issue client alice"


def _register(stack: NativeStack | DockerStack) -> str:
    """A line with the command that makes alice an administrator, if there is a registry."""
    registry = stack.settings.registry["CLIENT_REGISTRY"]
    if not registry:
        return ""
    pem = f"{os.path.relpath(stack.settings.pki_home)}/clients/alice.pem"
    words = "flask --app service.wsgi clients add alice --scope clients:admin --certificate"
    if isinstance(stack, DockerStack):
        command = f"docker compose exec -T service {words} - < {pem}"
    else:
        short = registry.replace(f"sqlite:///{ROOT}/", "sqlite:///")
        command = f"CLIENT_REGISTRY={shlex.quote(short)} .venv/bin/{words} {pem}"
    return f"Let it administer who may call: {command}\n"


def _try(ensure: Callable[[Callable[[str], None]], object]) -> None:
    try:
        ensure(_say)
    except StackError as error:
        _say(f"{error.message}; {error.hint}; tests that need it are skipped")


def _say(line: str) -> None:
    print(f"· {line}", flush=True)
