"""Puts to a real domain what nothing public answers, and prints the table filled in.

Never run in CI. It sends some thirty requests, of which one has 10 MB.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pki.unconfirmed import UNCONFIRMED
from tests.live.client import Files, Target
from tests.live.made import Issuer
from tests.live.questions import Asker, asked

_CHOSEN = {choice.id: (choice.question, choice.choice) for choice in UNCONFIRMED}
#: What is documented, and asked all the same.
_MORE = {
    "self-signed": ("a self-signed leaf?", '403 {"message":"Forbidden"}'),
    "expired": ("an expired leaf?", '403 {"message":"Forbidden"}'),
    "not-yet-valid": ("a leaf of tomorrow?", '403 {"message":"Forbidden"}'),
    "P-521": ("a leaf on P-521?", '403 {"message":"Forbidden"}'),
    "head-length": ("Content-Length in the answer to HEAD?", "0"),
    "header-case": ("header names over HTTP/1.1?", "as they were sent (REST)"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, and print."""
    options = _parser().parse_args(arguments)
    domain, _, port = options.domain.partition(":")
    client = Files(options.cert, options.key)
    target = Target(domain, int(port or 443), options.ca, client, options.path)
    issuer = None
    if options.issuer_cert and options.issuer_key:
        issuer = Issuer.read(options.issuer_cert, options.issuer_key)
    with tempfile.TemporaryDirectory() as folder:
        print(table(asked(Asker(target, Path(folder), issuer, options.echo))))


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Markdown: the id, the question, what the laptop does, what was seen."""
    lines = ["| id | question | our choice | seen |", "|---|---|---|---|"]
    for identifier, seen in rows:
        question, choice = _CHOSEN.get(identifier) or _MORE[identifier]
        cells = (f"`{identifier}`", question, choice, seen)
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.live", description=__doc__)
    add = parser.add_argument
    add("--domain", required=True, help="api.example.com, or localhost:9443")
    add("--cert", type=Path, required=True, help="a client that the domain admits")
    add("--key", type=Path, required=True)
    add("--ca", type=Path, help="who signed the server's certificate, if no public CA did")
    add("--path", default="/whoami", help="what is asked for (/whoami)")
    add("--echo", default="", help="a route whose answer is the event, as JSON")
    add("--issuer-cert", type=Path, help="a CA of the truststore, to make wrong leaves with")
    add("--issuer-key", type=Path)
    return parser
