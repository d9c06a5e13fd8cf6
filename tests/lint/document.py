"""docs/lint.md, made of the rules.

python -m tests.lint.document    writes it
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pki.lint.rule import Rule
from pki.lint.run import GROUPS, RULES
from pki.verdict import Front

PATH = Path(__file__).resolve().parents[2] / "docs/lint.md"

_INTRODUCTION = """\
<!-- made by `python -m tests.lint.document`; a test holds it equal -->
# What lint finds in a truststore

```
python -m pki truststore lint partners.pem
python -m pki truststore lint partners.pem --front alb --at 2027-01-31 --json
```

AWS takes a truststore with a bad entry, and says nothing, or "Forbidden" to the client months
later. These are the {count} rules that it is held against, offline and without any key. Each has a
file that trips it and one that barely does not, in `tests/vectors/truststores`.

* **critical**: a secret has come out. **error**: the front refuses the file, or nobody below the
  certificate is let in: what the local fronts refuse is an error, also where AWS's behaviour is not
  confirmed. **warning**: it works today, or not for everybody, or nobody knows. **info**: good to
  know. Critical and error make the command exit with 1.
* Sources: a page of AWS, the clause of an RFC, `unconfirmed:ID` with the row of
  [docs/parity.md](parity.md#what-only-a-real-account-can-tell), or our own.
* Not looked at: whether the file's name ends in `.pem`, who else may hold a CA's key, revocation.
* A rule is told 50 times at most. Of a file above 2 MiB only its size and a private key in it are
  told; of more than 2,000 certificates the first 2,000 are read.
"""


def document() -> str:
    """The whole page."""
    return "".join((_INTRODUCTION.format(count=len(RULES)), *_groups()))


def _groups() -> Iterator[str]:
    for name, rules in GROUPS.items():
        yield f"\n## {name}\n\n| code | API Gateway | ALB | what | why | what to do | source |\n"
        yield "|---|---|---|---|---|---|---|\n"
        yield from map(_row, rules)


def _row(rule: Rule) -> str:
    sources = dict.fromkeys(grade.source for grade in rule.grades.values())
    cells = (
        f"`truststore.{rule.code}`",
        _severity(rule, "api-gateway"),
        _severity(rule, "alb"),
        rule.what,
        rule.why,
        rule.remedy,
        "; ".join(sources),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _severity(rule: Rule, front: Front) -> str:
    return rule.grades[front].severity.value if front in rule.grades else "-"


if __name__ == "__main__":
    PATH.write_text(document())
