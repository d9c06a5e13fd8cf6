"""What the stack is asked to be: read from the environment in cli.py, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import StackError

ROOT = Path(__file__).resolve().parent.parent
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "WORKERS", "THREADS")
PREFIXES = ("PKI_", "ALLOW_", "DOCKER_", "COMPOSE_", "STACK_", "XDG_")
MTLS_MODES = ("verify", "passthrough")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and how they behave; the same for both ways of running."""

    alb_port: int = 8443
    mtls_mode: str = "verify"
    pki_home: Path = ROOT / ".pki"
    run_dir: Path = ROOT / ".run"  #: of plain processes: sockets, pids, logs
    inherited: Mapping[str, str] = field(default_factory=dict)  #: what every program gets

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """ALB_PORT, MTLS_MODE, PKI_HOME, RUN_DIR; raises StackError."""
        mode = env.get("MTLS_MODE", "verify")
        if mode not in MTLS_MODES:
            raise StackError(
                f"MTLS_MODE is {mode!r}; expected one of {', '.join(MTLS_MODES)}",
                "MTLS_MODE=verify make up",
            )
        return cls(
            alb_port=_port(env.get("ALB_PORT", "8443")),
            mtls_mode=mode,
            pki_home=Path(env.get("PKI_HOME") or ROOT / ".pki").resolve(),
            run_dir=Path(env.get("RUN_DIR") or ROOT / ".run").resolve(),
            inherited={k: v for k, v in env.items() if k in INHERITED or k.startswith(PREFIXES)},
        )

    @property
    def allow(self) -> dict[str, str]:
        """Who may call: whoever our own issuing CA gave a URI below spiffe://example.org/."""
        asked = {k: v for k, v in self.inherited.items() if k.startswith("ALLOW_")}
        return asked or {
            "ALLOW_ISSUERS": "CN=Example Issuing CA,O=Example",
            "ALLOW_URIS": "spiffe://example.org/*",
        }

    @property
    def url(self) -> str:
        """Where clients call."""
        return f"https://localhost:{self.alb_port}"


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:  # noqa: PLR2004
        raise StackError(
            f"ALB_PORT is {text!r}; expected a port from 1 to 65535", "ALB_PORT=8443 make up"
        )
    return int(text)
