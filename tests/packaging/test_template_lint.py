"""What SAM, cfn-lint and checkov say of the template: nothing; and that they would."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.template.combinations import COMBINATIONS
from tests.packaging.template.source import FILE, ROOT, Edits, Job, program, run, source, transform

IMAGES = sorted(ROOT.glob("*/*Dockerfile"))
COMPOSE = ROOT / "docker-compose.yml"
# Not in the template's own list, for it is nobody's fault here: SAM writes the ARNs of API Gateway
# and of Lambda with the partition of the region it runs for, and not with ${AWS::Partition}.
# I4010 wants the whole design retold as Metadata.
SAMS_OWN = {"I4010", "I3042"}


def cfn_lint(*files: Path) -> list[dict[str, Any]]:
    """What cfn-lint says of *files*, informational and experimental rules included."""
    lint = program("sam", "cfn-lint")
    done = run(lint, "-c", "I", "-e", "--format", "json", "--", *files)
    assert done.returncode & 1 == 0, done.stderr  # 1 is a crash; 2, 4 and 8 are findings
    return list(json.loads(done.stdout or "[]"))


def sam_validate(file: Path) -> subprocess.CompletedProcess[str]:
    return run(program("sam", "sam"), "validate", "--lint", "--template-file", file)


@cache
def checkov(*files: Path) -> dict[str, list[tuple[str, str, str]]]:
    """passed, failed and skipped → (check, file, resource)."""
    words = ("--skip-download", "--compact", "-o", "json")
    done = run(program("checkov", "checkov"), "-f", *files, *words)
    reports = json.loads(done.stdout)
    found: dict[str, list[tuple[str, str, str]]] = {}
    for report in reports if isinstance(reports, list) else [reports]:
        assert report["summary"]["parsing_errors"] == 0
        for outcome in ("passed", "failed", "skipped"):
            found.setdefault(outcome, []).extend(
                (check["check_id"], Path(check["file_path"]).name, check["resource"])
                for check in report["results"][f"{outcome}_checks"]
            )
    return found


@cache
def of_the_repository() -> dict[str, list[tuple[str, str, str]]]:
    return checkov(FILE, COMPOSE, *IMAGES)


def test_sam_and_cfn_lint_say_nothing_of_the_template() -> None:
    done = sam_validate(FILE)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert cfn_lint(FILE) == []


def test_cfn_lint_says_nothing_of_what_sam_makes_of_it(tmp_path: Path) -> None:
    """Without the template's own list: what cfn-lint cannot see there, it sees here."""
    results = transform([Job(given) for given in COMBINATIONS.values()])
    for name, template in zip(COMBINATIONS, results, strict=True):
        del template["Metadata"]["cfn-lint"]
        text = json.dumps(template)
        # Most parameters change nothing in the text: each text once.
        if text not in {file.read_text() for file in tmp_path.iterdir()}:
            (tmp_path / f"{name}.json").write_text(text)
    said = cfn_lint(*tmp_path.iterdir())
    assert [one for one in said if one["Rule"]["Id"] not in SAMS_OWN] == []
    # The ARNs are in resources that SAM adds, or in a body that it writes.
    arns = {one["Location"]["Path"][1] for one in said if one["Rule"]["Id"] == "I3042"}
    assert all(re.fullmatch(r"Api|ApiFunction\w+Permission\w+", name) for name in arns), arns


def test_cfn_lint_and_sam_see_a_fault_in_the_template(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(json.dumps(source({"DnsRecord.Properties.Name.Ref": "DomainNam"})))
    assert "E1020" in {one["Rule"]["Id"] for one in cfn_lint(file)}
    done = sam_validate(file)
    assert done.returncode != 0
    assert "DomainNam'" in done.stdout + done.stderr


# What the template's own list hides from cfn-lint is seen in what SAM makes of it.
HIDDEN: Mapping[str, Edits] = {
    "E1010": {"DnsRecord.Properties.AliasTarget.DNSName.Fn::GetAtt.1": "RegionalName"},
    "E3004": {"ExecutionLog.DependsOn": "AccessLog"},
    "E6101": {"Outputs.DnsTarget.Value": ["a", "list"]},
}


def test_what_the_template_hides_from_cfn_lint_is_seen_in_sams_result(tmp_path: Path) -> None:
    lists = source()["Metadata"]["cfn-lint"]["config"]["ignore_checks"]
    assert sorted(lists) == sorted({*HIDDEN, "I4010"})
    files = {check: tmp_path / f"{check}.json" for check in HIDDEN}
    results = transform([Job(COMBINATIONS["own zone"], edits) for edits in HIDDEN.values()])
    for file, template in zip(files.values(), results, strict=True):
        del template["Metadata"]["cfn-lint"]
        file.write_text(json.dumps(template))
    said = {(Path(one["Filename"]).stem, one["Rule"]["Id"]) for one in cfn_lint(*files.values())}
    assert {(check, check) for check in HIDDEN} <= said


def test_checkov_finds_nothing() -> None:
    found = of_the_repository()
    assert found["failed"] == []
    # It looked everywhere; in a compose file there is nothing to look at but secrets.
    looked = {file for outcome in found.values() for _, file, _ in outcome}
    assert looked == {FILE.name, *(image.name for image in IMAGES)}


def written(pattern: str) -> list[tuple[str, str]]:
    """Every match of *pattern* in the repository's files, those that are not yet in git too."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    files = [ROOT / name for name in set(listed) if name and (ROOT / name).is_file()]
    texts = ((file, file.read_text(errors="replace")) for file in files)
    return [(file.name, found) for file, text in texts for found in re.findall(pattern, text)]


SKIP = r"#\s*checkov:skip\s*=(.*)"
REASONED = r"CKV2?_[A-Z]+_[0-9]+:\S+(?: \S+){2,}"


def unreasoned(skips: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [skip for skip in skips if not re.fullmatch(REASONED, skip[1])]


def test_every_skip_has_its_check_and_a_reason_and_is_needed() -> None:
    skips = written(SKIP)
    assert unreasoned(skips) == []
    skipped = [(file, check) for check, file, _ in of_the_repository()["skipped"]]
    assert sorted(skipped) == sorted((file, says.split(":")[0]) for file, says in skips)


@pytest.mark.parametrize(
    "says", ["CKV_AWS_18", "CKV_AWS_18:", "CKV_AWS_18:because", "all of it is fine", ""]
)
def test_a_skip_without_a_reason_is_seen(says: str) -> None:
    comment = "# checkov" + f":skip={says}"
    assert re.findall(SKIP, f"x: 1  {comment}\n") == [says]
    assert unreasoned([("template.yaml", says)])


def _without(text: str, pattern: str, instead: str = "") -> str:
    broken, count = re.subn(pattern, instead, text)
    assert count == 1, pattern
    return broken


def test_checkov_sees_one_fault_in_each_kind_of_file(tmp_path: Path) -> None:
    """A bucket that is public, an image that runs as root, a key in the compose file."""
    block = r"(?m)^ {6}PublicAccessBlockConfiguration:\n(?: {8}.*\n)+"
    (tmp_path / FILE.name).write_text(_without(FILE.read_text(), block))
    image = (ROOT / "service/Dockerfile").read_text()
    (tmp_path / "Dockerfile").write_text(_without(image, r"(?m)^USER .*$", "USER root"))
    secret = "AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI/" + "K7MDENG/bPxRfiCYzzZZqq12EX"
    compose = COMPOSE.read_text()
    (tmp_path / COMPOSE.name).write_text(
        _without(compose, "CLIENT_CERT_SOURCE: api-gateway", secret)
    )
    failed = checkov(*sorted(tmp_path.iterdir()))["failed"]
    assert {(file, check) for check, file, _ in failed if file == FILE.name} == {
        (FILE.name, f"CKV_AWS_{number}") for number in (53, 54, 55, 56)
    }
    assert ("CKV_DOCKER_8", "Dockerfile") in [one[:2] for one in failed]
    assert COMPOSE.name in [file for _, file, _ in failed]
