"""Write the vectors of lint that are not there yet; the keys are thrown away.

python -m tests.lint.make    makes what is missing; remove a file to have it made anew
"""

from __future__ import annotations

from tests.lint import cases_certificates, cases_files, cases_relations
from tests.lint.case import Case
from tests.lint.vector import FOLDER

CASES: dict[str, Case] = {
    **cases_files.CASES,
    **cases_certificates.CASES,
    **cases_relations.CASES,
}


def write() -> list[str]:
    """Make the files that are missing; return their names."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = []
    for name, case in CASES.items():
        path = FOLDER / f"{name}.pem"
        if not path.exists():
            path.write_bytes(case.file())
            made.append(name)
    return made


if __name__ == "__main__":
    write()
