"""docs/parity.md, made of the table of differences and of the table of what is not confirmed.

python -m tests.parity.document    writes it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pki.unconfirmed import UNCONFIRMED, Choice
from tests.parity.differences import DIFFERENCES, Difference
from tests.parity.leaves import LEAVES
from tests.parity.message import NAMES
from tests.parity.table import REQUESTS

PATH = Path(__file__).resolve().parents[2] / "docs/parity.md"

_INTRODUCTION = """\
<!-- made by `python -m tests.parity.document`; a test holds it equal -->
# One service, every front

The same application answers through Flask's test client, through nginx and gunicorn on 8443 (as
behind an ALB), from events in Lambda, and through the local API Gateway on 9443. `tests/parity`
asks each of them the same and compares status, headers and body to the byte: {requests} requests
through {fronts} fronts, {leaves} client leaves, every forged header of
`tests/vectors/identity_headers`, and every pair of certificate and truststore in the unit tests.

Fronts: {names}.

Events are made twice, by `proxy/events.py` and by `tests/parity/amazon.py`, and have to be equal.

## What a front changes by its nature

Everything else is equal. Each row is seen in an answer of each of its fronts: none is here in vain.

| front | what | why | source |
|---|---|---|---|
"""

_QUESTIONS = """
## What only a real account can tell

Nothing public answers these. What was chosen stands beside each; of two ways it is the stricter.
Some of them `tests/live` puts to a real domain, and prints this table filled in:

```
python -m tests.live --domain api.example.com --cert client.pem --key client.key --ca ca.pem
```
"""

_FRONTS = {"api-gateway": "API Gateway", "lambda": "Events in Lambda", "alb": "ALB"}


def document() -> str:
    """The whole page."""
    return "".join(
        [
            _INTRODUCTION.format(
                requests=len(REQUESTS),
                fronts=len(NAMES),
                leaves=len(LEAVES),
                names=", ".join(NAMES),
            ),
            *map(_difference, DIFFERENCES),
            _QUESTIONS,
            *_questions(UNCONFIRMED),
        ]
    )


def _difference(row: Difference) -> str:
    return _line(", ".join(row.fronts), row.what, row.why, row.source)


def _questions(choices: Iterable[Choice]) -> Iterator[str]:
    kept = list(choices)
    for front, name in _FRONTS.items():
        yield f"\n### {name}\n\n| id | question | our choice | why |\n|---|---|---|---|\n"
        for choice in kept:
            if choice.front == front:
                yield _line(f"`{choice.id}`", choice.question, choice.choice, choice.why)


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PATH.write_text(document())
