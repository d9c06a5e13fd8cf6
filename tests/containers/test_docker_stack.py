"""What `make up`, `make reload` and `make down` do where there is Docker."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stack import docker, probe
from stack.docker import DockerStack
from stack.errors import StackError
from stack.settings import Settings
from tests.conftest import free_port, missing

CLIENTS = ("flask", "--app", "service.wsgi", "clients")


def test_the_stack_comes_up_takes_a_good_truststore_and_goes_down(tmp_path: Path) -> None:
    settings = Settings(
        alb_port=free_port(),
        api_gateway_port=free_port(),
        pki_port=free_port(),
        pki_home=tmp_path / "pki",
        inherited={
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "COMPOSE_PROJECT_NAME": f"mtls-api-stack-test-{os.getpid()}",
            "STACK_NETWORK": f"172.31.{100 + os.getpid() % 150}",
        },
    )
    if wrong := docker.why_not(settings):
        missing(wrong)
    settings.pki_home.mkdir()
    stack = DockerStack(settings)
    with pytest.raises(StackError, match="not running"):
        stack.reload()
    try:
        stack.up(lambda _line: None)
        assert probe.answers(settings, settings.alb_port)
        assert probe.answers(settings, settings.api_gateway_port)
        stack.reload()
        _refuses_a_broken_truststore(stack)
        _register(stack, "--uri", "spiffe://example.org/billing")
        stack.down()
        assert not probe.answers(settings, settings.alb_port)
        stack.up(lambda _line: None)
        said = stack._run("exec", "-T", "service", *CLIENTS, "list").stdout
        assert "billing" in said
    finally:
        stack.down()
        stack._run("down", "--rmi", "local", "--volumes")
    assert not probe.answers(settings, settings.alb_port)


def _register(stack: DockerStack, *words: str) -> None:
    """In both containers, which have one registry: the one adds, the other finds it there."""
    add = ("add", "billing", "--organization", "Example", *words)
    done = stack._run("exec", "-T", "service", *CLIENTS, *add)
    assert done.returncode == 0, done.stderr
    program = (
        "from service.registry.opening import open_store; "
        "print(open_store('sqlite:////registry/registry.sqlite').get('billing').id)"
    )
    found = stack._run("exec", "-T", "function", "python3", "-c", program)
    assert found.stdout == "billing\n", found.stderr


def _refuses_a_broken_truststore(stack: DockerStack) -> None:
    truststore = stack.settings.pki_home / "truststore.pem"
    good = truststore.read_text()
    truststore.write_text(good[:-100])
    with pytest.raises(StackError) as refused:
        stack.reload()
    assert refused.value.message
    assert refused.value.hint
    assert probe.answers(stack.settings, stack.settings.alb_port)
    truststore.write_text(good)
    stack.reload()
