"""docs/pkits.md, made of what is measured.

python -m tests.pkits.document    writes it
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.pkits.results import OUTCOMES, VALIDATORS, results
from tests.pkits.suite import SECTIONS, cases, left_out

PATH = Path(__file__).resolve().parents[2] / "docs/pkits.md"

_MOST = 10  # named in a row

_INTRODUCTION = """\
<!-- made by `python -m tests.pkits.document`; a test holds it equal -->
# Path validation against NIST PKITS

The Public Key Interoperability Test Suite of NIST (as the PyPI package `cryptography_vectors` has
it) asks a verifier for {count} paths that RFC 5280 calls valid or not. Here they are put to
`pki/acceptance.py` (`decide()`, of which `explain`, `truststore diff` and the local API Gateway
live; once for each front) and to `service/chain.py`. The trust anchor and the CAs of the path are
the truststore; the settings are the suite's default ones.

Left out: {left_out} tests whose result depends on a CRL (sections 4.4, 4.14 and 4.15, and single
ones of 4.5 and 4.7), because revocation is looked at elsewhere; and one whose certificates
cryptography does not load (4.1.5: DSA keys without parameters).

- **passed**: accepted if it is valid, refused if not;
- **refused by policy**: valid by RFC 5280, refused because AWS or we are stricter;
- **not supported**: refused whatever it is, because what it needs is not processed;
- **let in**: accepted, though the suite says that it is not valid.

"""


def document() -> str:
    """The whole page."""
    out = len(left_out())
    return "".join([_INTRODUCTION.format(count=len(cases()), left_out=out), *_table(), *_why()])


def _table() -> Iterator[str]:
    heads = [f"{validator}: {outcome}" for validator in VALIDATORS for outcome in OUTCOMES]
    yield _line("section", *heads)
    yield "|---|" + "---:|" * len(heads) + "\n"
    counted = Counter((r.case.section, r.validator, r.outcome) for r in results())
    for section in SECTIONS:
        yield _line(section, *(counted[section, v, o] or "" for v in VALIDATORS for o in OUTCOMES))
    totals = Counter((r.validator, r.outcome) for r in results())
    yield _line("**all**", *(f"**{totals[v, o]}**" for v in VALIDATORS for o in OUTCOMES))


def _why() -> Iterator[str]:
    yield "\n## What differs, and why\n\n"
    yield _line("outcome", "by", "why", "tests")
    yield "|---|---|---|---|\n"
    groups: dict[tuple[str, str], dict[str, list[str]]] = {}
    for result in results():
        if result.outcome != "passed":
            group = groups.setdefault((result.outcome, result.reason), {})
            group.setdefault(result.case.name, []).append(result.validator)
    for outcome in OUTCOMES[1:]:
        for (of, reason), tests in groups.items():
            if of == outcome:
                by = [v for v in VALIDATORS if any(v in found for found in tests.values())]
                yield _line(outcome, ", ".join(by), reason, _named(tests))


def _named(tests: Collection[str]) -> str:
    if len(tests) <= _MOST:
        return ", ".join(tests)
    sections = dict.fromkeys(c.section.split()[0] for c in cases() if c.name in tests)
    return f"{len(tests)} of sections {', '.join(sections)}"


def _line(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


if __name__ == "__main__":
    PATH.write_text(document())
