"""List, show, and the manners of the command line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.cli import main
from tests.unit.pki.folder import ROOT, Pki, made


def test_list_shows_what_was_issued(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    header, *lines = pki.done("list").stdout.splitlines()
    assert header.split()[:2] == ["SERIAL", "PROFILE"]
    assert [line.split()[1] for line in lines] == ["root", "issuing", "client"]
    assert "29 days left" in lines[-1]


def test_list_as_json_has_the_names_of_the_house(tmp_path: Path) -> None:
    row = made(tmp_path).listed()[0]
    assert set(row) == {
        "serial_number", "profile", "name", "subject", "issuer", "fingerprint", "not_before",
        "not_after", "issued_at", "is_expired", "revoked_at", "reason",
    }  # fmt: skip
    assert row["not_before"].endswith("Z")
    assert row["is_expired"] is False
    assert len(row["fingerprint"]) == 64


def test_show_finds_file_name_and_serial_number(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "server", "a.b", "127.0.0.1")
    serial = pki.listed()[-1]["serial_number"]
    pem, der = pki.home / "server/a.b.pem", tmp_path / "leaf.der"
    der.write_bytes(pki.certificate("server/a.b.pem").public_bytes(Encoding.DER))
    shown = [
        json.loads(pki.done("show", what, "--json").stdout)[0]
        for what in ("a.b", serial, serial[:12], serial.upper(), f"{pem}", f"{der}")
    ]
    assert all(one == shown[0] for one in shown)
    assert shown[0]["serial_number"] == serial
    assert shown[0]["dns_names"] == ["a.b"]
    assert shown[0]["ip_addresses"] == ["127.0.0.1"]
    assert shown[0]["key_usage"] == ["digitalSignature"]
    assert shown[0]["extended_key_usage"] == ["serverAuth"]
    assert (shown[0]["is_ca"], shown[0]["key_type"]) == (False, "ec-p256")
    assert "pathLength 0" in pki.done("show", "issuing").stdout


def test_show_of_a_name_is_the_present_certificate(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    pki.done("issue", "client", "a", "--renew")
    assert pki.listed()[-1]["serial_number"] in pki.done("show", "a").stdout
    assert pki.done("show", "a").stdout.count("subject ") == 1


@pytest.mark.parametrize("what", ["nothing", "", "x" * 5000, "a\x00b", "/dev/null", "/"])
def test_show_of_what_is_not_there_is_refused(tmp_path: Path, what: str) -> None:
    made(tmp_path).refused("show", what)


def test_show_of_a_private_key_is_refused(tmp_path: Path) -> None:
    pki = made(tmp_path)
    assert "private key" in pki.refused("show", f"{pki.home}/authorities/root.key")


@pytest.mark.parametrize(
    "words",
    [
        ["frob"], ["init", "--frob"], ["init", "more"], ["init", "--key-type", "rsa-1024"],
        ["issue"], ["issue", "client"], ["issue", "server"], ["issue", "client", "a", "b"], [],
        ["truststore"], ["show"], ["sign"], ["list", "x"],
    ],
)  # fmt: skip
def test_wrong_usage_is_two_lines_and_exit_2(tmp_path: Path, words: list[str]) -> None:
    assert "--help" in Pki(tmp_path / "x").misused(*words)


def commands(group: click.Group, *above: str) -> list[tuple[str, ...]]:
    found = []
    context = click.Context(group)
    for name in group.list_commands(context):  # those that are imported when they are called too
        command = group.get_command(context, name)
        found.append((*above, name))
        if isinstance(command, click.Group):
            found += commands(command, *above, name)
    return found


@pytest.mark.parametrize("words", [(), *commands(main)], ids=" ".join)
def test_every_command_explains_itself(tmp_path: Path, words: tuple[str, ...]) -> None:
    output = Pki(tmp_path / "x").done(*words, "--help").stdout
    assert output.startswith(f"Usage: {' '.join(('python -m pki', *words))}")


def test_the_module_runs_and_its_exit_codes_are_those_of_the_shell(tmp_path: Path) -> None:
    pki = Pki(tmp_path / ".pki")
    assert pki.process("init").returncode == 0
    failed = pki.process("show", "nothing")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("error: 'nothing'")
    assert pki.process("frob").returncode == 2


def test_a_broken_pipe_is_quiet(tmp_path: Path) -> None:
    pki = made(tmp_path)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "pki", "list"],
        cwd=ROOT,
        env={**os.environ, "PKI_HOME": str(pki.home)},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert done.stderr == b""


def test_ctrl_c_is_exit_130_without_a_traceback(tmp_path: Path) -> None:
    pki = made(tmp_path)
    fifo = tmp_path / "csr"
    os.mkfifo(fifo)
    child = subprocess.Popen(
        [sys.executable, "-m", "pki", "sign", str(fifo), "--profile", "client"],
        cwd=ROOT,
        env={**os.environ, "PKI_HOME": str(pki.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with fifo.open("wb"):  # waits until the command reads
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate()
    assert child.returncode == 130
    assert errors.strip() == b""
