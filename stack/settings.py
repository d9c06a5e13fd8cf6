"""What the stack is asked to be: read from the environment in cli.py, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from .errors import StackError

ROOT = Path(__file__).resolve().parent.parent
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "WORKERS", "THREADS", "PKI_URL")
PREFIXES = (
    *("ALLOW_", "REVOCATION_", "TOKEN_", "REGISTRY_"),
    *("CLIENT_RATE", "CLIENT_BURST", "CLIENT_REGISTRY"),
    *("DOCKER_", "COMPOSE_", "STACK_", "XDG_"),
)
# Of the authorities' keys alone: the stack's own leaves must be readable unattended.
PASSPHRASE = "PKI_PASSPHRASE"  # noqa: S105  (its name)
MTLS_MODES = ("verify", "passthrough")
PAYLOADS = ("1.0", "2.0")
PORTS = {"ALB_PORT": "8443", "API_GATEWAY_PORT": "9443", "PKI_PORT": "8085"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and how they behave; the same for both ways of running."""

    alb_port: int = 8443
    api_gateway_port: int = 9443
    pki_port: int = 8085  #: of CRL and OCSP
    payload: str = "1.0"  #: of the events: 1.0 as a REST API's, or 2.0
    mtls_mode: str = "verify"
    pki_home: Path = ROOT / ".pki"
    run_dir: Path = ROOT / ".run"  #: of plain processes: sockets, pids, logs
    inherited: Mapping[str, str] = field(default_factory=dict)  #: what every program gets
    passphrase: str | None = field(default=None, repr=False)  #: what `python -m pki` alone gets

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """The ports, PAYLOAD, MTLS_MODE, PKI_HOME and RUN_DIR; raises StackError."""
        mode = env.get("MTLS_MODE", "verify")
        if mode not in MTLS_MODES:
            raise StackError(
                f"MTLS_MODE is {mode!r}; expected one of {', '.join(MTLS_MODES)}",
                "MTLS_MODE=verify make up",
            )
        payload = env.get("PAYLOAD", "1.0")
        if payload not in PAYLOADS:
            raise StackError(
                f"PAYLOAD is {payload!r}; expected one of {', '.join(PAYLOADS)}",
                "PAYLOAD=1.0 make up",
            )
        ports = {name: _port(env, name, default) for name, default in PORTS.items()}
        for one, other in combinations(ports, 2):
            if ports[one] == ports[other]:
                raise StackError(
                    f"{one} and {other} are both {ports[one]}",
                    f"{one}={PORTS[one]} {other}={PORTS[other]} make up",
                )
        return cls(
            alb_port=ports["ALB_PORT"],
            api_gateway_port=ports["API_GATEWAY_PORT"],
            pki_port=ports["PKI_PORT"],
            payload=payload,
            mtls_mode=mode,
            pki_home=Path(env.get("PKI_HOME") or ROOT / ".pki").resolve(),
            run_dir=Path(env.get("RUN_DIR") or ROOT / ".run").resolve(),
            inherited={k: v for k, v in env.items() if k in INHERITED or k.startswith(PREFIXES)},
            passphrase=env.get(PASSPHRASE),
        )

    def require_usable_paths(self) -> None:
        """Raise StackError where nginx or a unix socket could not live."""
        for path in (ROOT, self.run_dir, self.pki_home):
            if re.search(r"[\s\"'`;{}|\\$&]", str(path)):
                raise StackError(
                    f"{str(path)!r} has a character that nginx.conf does not take",
                    "move the project, or set RUN_DIR and PKI_HOME",
                )
        # sun_path has 104 bytes on macOS, 108 on Linux.
        if len(str(self.run_dir / "proxy/leaf.sock")) > 100:  # noqa: PLR2004
            raise StackError(
                f"{str(self.run_dir)!r} is too long for a unix socket",
                "RUN_DIR=$(mktemp -d) make up",
            )

    @property
    def allow(self) -> dict[str, str]:
        """Who may call, where no ALLOW_… says so: as in docker-compose.yml."""
        return {
            "DEFAULT_ALLOW_ISSUERS": "CN=Example Issuing CA,O=Example",
            "DEFAULT_ALLOW_URIS": "spiffe://example.org/*",
        }

    @property
    def revocation(self) -> dict[str, str]:
        """Where the CRL is, where no REVOCATION_… says otherwise: as in docker-compose.yml."""
        asked = {k: v for k, v in self.inherited.items() if k.startswith("REVOCATION_")}
        crl = str(self.pki_home / "crl.pem")
        return {"REVOCATION_CRLS": crl, "REVOCATION_REFRESH": "5s", **asked}

    @property
    def registry(self) -> dict[str, str]:
        """Who is registered, where no CLIENT_REGISTRY says otherwise; "" = nobody asks."""
        kept = f"sqlite:///{self.run_dir}/registry.sqlite"
        return {"CLIENT_REGISTRY": self.inherited.get("CLIENT_REGISTRY", kept)}

    def front(self, variable: str) -> str:
        """CLIENT_RATE or CLIENT_BURST as a front has it, "" = no limit: as in proxy/run."""
        most = self.inherited.get(f"{variable}_MOST", "")
        return most or self.inherited.get(variable, "")

    @property
    def urls(self) -> dict[str, str]:
        """Where clients call, by front."""
        return {
            "alb": f"https://localhost:{self.alb_port}",
            "api-gateway": f"https://localhost:{self.api_gateway_port}",
        }


def _port(env: Mapping[str, str], variable: str, default: str) -> int:
    text = env.get(variable, default)
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 65535:  # noqa: PLR2004
        raise StackError(
            f"{variable} is {text!r}; expected a port from 1 to 65535",
            f"{variable}={default} make up",
        )
    return int(text)
