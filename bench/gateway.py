"""Requests per second through the local API Gateway, against the ALB front of the same run."""

from __future__ import annotations

from .load_turns import Turn, busy
from .results import Compared, Section

TARGET = 0.5
IN_PROCESS = "function in the gateway's process"
IN_EMULATOR = "function in AWS's emulator"
ABOUT = """\
`GET /whoami`, loaded as above and in turns with it, to both fronts.
**8443** is the whole ALB front: nginx (one worker) and gunicorn (one worker, 4 threads).
**9443** is nginx (one worker) and `python -m proxy gateway` (one process), which checks the
certificate against the truststore, makes the event, calls `service.lambda_handler` in its own
process, as `--invoke service.lambda_handler:handler` does, and makes the response of what it
answers. Both answer the same JSON.

The second row, for information, has the function in AWS's own runtime instead, as `make up` has it:
the runtime interface emulator and `awslambdaric`, which take one event at a time."""


def section(alb: list[Turn], in_process: list[Turn], emulator: list[Turn] | None = None) -> Section:
    """Hold the turns of 9443 against those of 8443, round by round."""
    rates = [turn.rate for turn in alb]
    rows = [Compared(IN_PROCESS, [turn.rate for turn in in_process], rates, TARGET)]
    notes = [f"8443: {busy(alb)}.", f"{IN_PROCESS}: {busy(in_process)}."]
    if emulator is not None:
        rows.append(Compared(IN_EMULATOR, [turn.rate for turn in emulator], rates))
        notes.append(f"{IN_EMULATOR}: {busy(emulator)}.")
    names = ("9443", "8443")
    return Section("The local API Gateway", ABOUT, "requests per second", rows, notes, names)
