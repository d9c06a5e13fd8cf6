"""An issuer of tokens for the parity suite: its key set in a file, for every front to read."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.tokens import AUDIENCE, ISSUER, issuer

ISSUES = issuer()
#: It goes with this process, which has the only copy of the key.
_FOLDER = TemporaryDirectory(prefix="parity-jwks")
_JWKS = Path(_FOLDER.name, "jwks.json")
_JWKS.write_bytes(ISSUES.jwks())

ENV = {"TOKEN_ISSUER": ISSUER, "TOKEN_AUDIENCE": AUDIENCE, "TOKEN_JWKS": str(_JWKS)}
