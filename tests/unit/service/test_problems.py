from pathlib import Path

from service.problems import Problem

DOCS = Path("docs/problems.md").read_text()


def test_every_problem_has_its_own_stable_name_and_stands_in_the_docs() -> None:
    slugs = [problem.slug for problem in Problem.__subclasses__()]
    assert len(slugs) == len(set(slugs)) >= 5
    for problem in Problem.__subclasses__():
        assert f"`{problem.slug}` | {problem.status}" in DOCS
    assert "`certificate-imaginary`" not in DOCS
