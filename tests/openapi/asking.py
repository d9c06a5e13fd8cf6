"""schemathesis and openapi-spec-validator as programs, and what the former has seen."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack.settings import ROOT
from stack.tools import FOLDER
from tests.builders import Files
from tests.conftest import missing

CONFIG = ROOT / "tests/openapi/schemathesis.toml"
SEED = 1  #: the same requests in every run


@dataclass(frozen=True)
class Seen:
    """One run: how it ended, what it said, and by operation how often which status came."""

    exit: int
    said: str
    statuses: Mapping[str, Counter[int]]

    @property
    def summary(self) -> str:
        """One line."""
        every = sum(self.statuses.values(), Counter[int]())
        told = ", ".join(f"{count} x {status}" for status, count in sorted(every.items()))
        return f"{every.total()} requests: {told}"


def program(name: str) -> Path:
    """The program of the tool's own environment, which `make test` installs."""
    if not (FOLDER / "schemathesis/installed").exists():
        missing("schemathesis is not installed: python -m stack test")
    return FOLDER / "schemathesis/bin" / name


def run(name: str, folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it in *folder*, where its caches and reports may go."""
    env = {"HOME": str(folder), "PATH": os.environ["PATH"], "COLUMNS": "100"}
    return subprocess.run(
        [program(name), *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


@dataclass(frozen=True)
class Asker:
    """Asks one front as one client, in a folder of its own."""

    folder: Path
    url: str
    ca: Path
    client: Files

    def ask(self, document: Mapping[str, Any], examples: int, *words: str) -> Seen:
        """Hold the front to *document*, with so many examples an operation and phase."""
        file, report = self.folder / "openapi.json", self.folder / "seen.ndjson"
        file.write_text(json.dumps(document))
        files: list[str | Path] = ["--config-file", CONFIG, "run", file, "--tls-verify", self.ca]
        files += ["--request-cert", self.client.pem, "--request-cert-key", self.client.key]
        done = run(
            "schemathesis",
            self.folder,
            *files,
            *("--url", self.url, "--no-color"),
            *("--seed", str(SEED), "--max-examples", str(examples), "--continue-on-failure"),
            *("--generation-database", "none", "--report", "ndjson"),
            *("--report-ndjson-path", str(report), *words),
        )
        return Seen(done.returncode, done.stdout + done.stderr, _statuses(report))


def _statuses(report: Path) -> dict[str, Counter[int]]:
    found: dict[str, Counter[int]] = {}
    for line in report.read_text().splitlines() if report.exists() else ():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for number, exchange in recorder.get("interactions", {}).items():
            case = recorder["cases"][number]["value"]
            operation = f"{case['method']} {case['path']}"
            if response := exchange["response"]:
                found.setdefault(operation, Counter())[response["status_code"]] += 1
    return found
