"""template.yaml as data, copies of it with something changed, and what SAM makes of them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from aws.template import Loader
from stack.tools import FOLDER
from tests.conftest import missing

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "template.yaml"
REGION = "eu-central-1"
#: Path → its new value; None takes it out, a function is given the old one.
Edits = Mapping[str, Any]


def program(tool: str, name: str) -> Path:
    """The program *name* of the tool's own environment, which `make test` installs."""
    if not (FOLDER / tool / "installed").exists():
        missing(f"{tool} is not installed: python -m stack test")
    return FOLDER / tool / "bin" / name


def run(
    path: Path, *words: str | Path, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program of SAM or checkov: no home of its own, no telemetry, no account."""
    with tempfile.TemporaryDirectory() as home:
        env = {"HOME": home, "PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": REGION}
        return subprocess.run(
            [path, *words],
            cwd=ROOT,
            env={**env, "SAM_CLI_TELEMETRY": "0", "COLUMNS": "200"},
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )


def source(edits: Edits | None = None) -> dict[str, Any]:
    """template.yaml, changed by *edits*: "Api.Properties.Name" is below Resources."""
    template: dict[str, Any] = json.loads(_loaded())
    for path, value in (edits or {}).items():
        keys = path.split(".")
        _edit(template if keys[0] in template else template["Resources"], keys, value)
    return template


@cache
def _loaded() -> str:
    """As JSON: what YAML wrote once and meant twice (&stage) becomes two."""
    return json.dumps(yaml.load(FILE.read_text(), Loader))  # noqa: S506  (a SafeLoader)


def _edit(node: Any, keys: list[str], value: Any) -> None:
    *parents, last = (int(key) if key.isdigit() else key for key in keys)
    for key in parents:
        node = node[key]
    if callable(value):
        changed = value(node[last])
        assert changed != node[last], f"{'.'.join(keys)} is not changed"
        node[last] = changed
    elif value is None:
        del node[last]
    elif isinstance(node, list) and last == len(node):
        node.append(value)
    else:
        assert not isinstance(node, dict) or node.get(last) != value, f"{'.'.join(keys)} is that"
        node[last] = value


@dataclass(frozen=True)
class Job:
    """A template and its parameters, for SAM."""

    parameters: Mapping[str, str]
    edits: Edits = field(default_factory=dict)


def transform(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """What SAM makes of each of *jobs*, or {"refused": why}: all in one process."""
    return list(_ask({"jobs": [_asked(job) for job in jobs], "region": REGION}))


def _asked(job: Job) -> dict[str, Any]:
    try:
        return {"template": source(job.edits), "parameters": dict(job.parameters)}
    except (AssertionError, LookupError, TypeError) as error:
        # The template is another now: whoever needs this one job shall say so, and not all.
        return {"refused": f"{job.edits} cannot be applied: {error!r}"}


def as_sam_reads(text: str) -> Any:
    """*text* as SAM's own parser reads it."""
    return _ask({"parse": text})


def _ask(question: Any) -> Any:
    script = Path(__file__).with_name("transform.py")
    done = run(program("sam", "python"), script, given=json.dumps(question))
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
