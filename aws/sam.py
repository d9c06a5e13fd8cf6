"""AWS's `sam`, as a child on our terminal."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .errors import AwsRefused

OURS = Path(".venv/tools/sam/bin/sam")
_GRACE = 20.0  # seconds for a sam that was interrupted
_KILLED = 128


def run(words: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run sam with *words*; AwsRefused, with sam's own exit code, if it fails.

    On Ctrl-C, which the terminal sends to sam as well, it is waited for.
    """
    program = _find(environment.get("PATH", os.defpath))
    with subprocess.Popen(
        [program, *words], env={**environment, "SAM_CLI_TELEMETRY": "0"}
    ) as child:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            _end(child)
            raise
    if code:
        raise SamFailed(words[0], code if code > 0 else _KILLED - code)


class SamFailed(AwsRefused):
    """sam has said why on the terminal; *exit_code* is its own, 128 + n for a signal."""

    def __init__(self, command: str, exit_code: int) -> None:
        super().__init__(f"sam {command} failed", "see what it says above")
        self.exit_code = exit_code


def _find(path: str) -> str:
    found = shutil.which("sam", path=path) or (str(OURS.resolve()) if OURS.exists() else None)
    if found is None:
        raise AwsRefused(
            "sam is not installed", "make build (which installs it), or: pip install aws-sam-cli"
        )
    return found


def _end(child: subprocess.Popen[bytes]) -> None:
    for ask in (None, signal.SIGTERM, signal.SIGKILL):
        if ask is not None:
            child.send_signal(ask)
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            child.wait(_GRACE)
            return
