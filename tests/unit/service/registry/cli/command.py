"""`flask --app service.wsgi clients`, called in this process, over a registry in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from cryptography import x509

from service.registry.cli import clients
from service.registry.opening import open_store
from service.registry.registration import Registration
from service.registry.store import Store
from tests.unit.service.certs import leaf, pem

BILLING = ("billing", "--organization", "Example", "--uri", "spiffe://example.org/billing")


class Command:
    """The commands, and the registry that they change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {"CLIENT_REGISTRY": f"sqlite:///{folder}/registry.sqlite", "USER": "ann"}

    def __call__(self, *words: str, typed: str | bytes = "", **env: str) -> Result:
        """What came of it; never a traceback."""
        runner = CliRunner()
        done = runner.invoke(clients, words, input=typed, env={**self.env, "LOGNAME": "ann", **env})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def said(self, *words: str, typed: str | bytes = "", **env: str) -> str:
        """What a command printed that was done."""
        done = self(*words, typed=typed, **env)
        assert (done.exit_code, done.stderr) == (0, "")
        return done.stdout

    def json(self, *words: str, typed: str | bytes = "") -> Any:
        return json.loads(self.said(*words, "--json", typed=typed))

    def refused(
        self, *words: str, typed: str | bytes = "", code: int = 1, **env: str
    ) -> tuple[list[str], str]:
        """The errors and the hint of a command that was not done, which printed nothing else."""
        done = self(*words, typed=typed, **env)
        assert (done.exit_code, done.stdout) == (code, "")
        *errors, last = done.stderr.splitlines()
        assert all(line.startswith("error: ") for line in errors), done.stderr
        assert last.startswith("  hint: "), done.stderr
        return [line.removeprefix("error: ") for line in errors], last.removeprefix("  hint: ")

    @property
    def store(self) -> Store:
        return open_store(self.env["CLIENT_REGISTRY"])

    def get(self, id_: str = "billing") -> Registration:
        return self.store.get(id_)

    def ids(self) -> list[str]:
        return [one.id for one in self.store.list().items]

    def file(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def certificate(self, **changes: Any) -> str:
        """A file with a leaf; see certs.leaf."""
        return self.file("client.pem", pem(leaf(**changes)))


def uris(*values: str) -> tuple[x509.GeneralName, ...]:
    return tuple(x509.UniformResourceIdentifier(value) for value in values)


def client(id_: str, **more: Any) -> dict[str, Any]:
    """As a file for `import` has it."""
    matchers = [{"kind": "dns", "value": f"{id_}.example"}]
    return {"id": id_, "organization": "Example", "matchers": matchers, **more}


def written(command: Command, *clients: Any) -> str:
    """A file with *clients*."""
    return command.file("clients.json", json.dumps({"clients": clients}))
