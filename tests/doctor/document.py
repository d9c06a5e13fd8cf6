"""docs/troubleshooting.md, made of the doctor's causes.

python -m tests.doctor.document    writes it
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aws.doctor.causes import GROUPS, INSIDE, PLACEHOLDERS, Cause
from aws.doctor.causes.cause import OWN

PATH = Path(__file__).resolve().parents[2] / "docs/troubleshooting.md"

_INTRODUCTION = """\
<!-- made by `python -m tests.doctor.document`; a test holds it equal -->
# Troubleshooting

```
python -m aws doctor https://api.example.com --cert CLIENT.pem --key CLIENT.key
python -m aws doctor https://localhost:8443 --ca .pki/ca.pem \\
    --cert .pki/clients/billing.pem --key .pki/clients/billing.key
```

It looks from the outside in, changes nothing, and needs no AWS account: URL, DNS, TCP, TLS, the
server's certificate, whether a client certificate is asked for, what yours would meet (with
`--truststore`), calls with and without it. The first finding is the cause: mend it, and ask again.
What is only a consequence of it is not told. Each step takes at most 10 seconds, whatever the other
side does. Only a GET is sent, to the path of the URL, else to `/whoami` and `/health`.

What it cannot see from outside: a server that takes a certificate of *any* CA (it makes no key to
try with), and whether a client was revoked, before a front or the service says so.

Below are the causes by code, in the order in which they are looked for, for whoever has only a
symptom too. **error** makes the command exit with 1.
"""
_WITHIN = """\

These take an account: from outside they all look like a row above. `python -m aws status DOMAIN`
finds those of the domain, its certificates, mappings and truststore; for the others there is
the command beside them.
"""


def document() -> str:
    """The whole page."""
    return "".join((_INTRODUCTION, *_groups()))


def _groups() -> Iterator[str]:
    for name, rows in GROUPS.items():
        yield f"\n## {name}\n{_WITHIN if name == INSIDE else ''}\n"
        yield "| code | | what you see | cause | what to do | source |\n|---|---|---|---|---|---|\n"
        yield from map(_row, rows)


def _row(cause: Cause) -> str:
    command = " ".join(cause.command.format_map(PLACEHOLDERS).split())
    remedy = f"{cause.remedy}: `{command}`" if command else cause.remedy
    link = f"[{cause.source}]({cause.source.removeprefix('docs/')})"
    source = link if cause.source == OWN else cause.source or "our own"
    cells = (
        f"`{cause.code}`",
        cause.severity.value,
        cause.seen,
        cause.cause,
        remedy,
        source,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    PATH.write_text(document())
