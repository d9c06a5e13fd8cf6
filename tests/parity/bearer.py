"""An issuer of tokens, and an API key, for the parity suite: what every front can read of them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from service.registry.api_keys import generate
from tests.tokens import AUDIENCE, ISSUER, issuer

ISSUES = issuer()
#: Of the client billing.
API_KEY = generate()
#: It goes with this process, which has the only copy of the key.
_FOLDER = TemporaryDirectory(prefix="parity-jwks")
_JWKS = Path(_FOLDER.name, "jwks.json")
_JWKS.write_bytes(ISSUES.jwks())

ENV = {"TOKEN_ISSUER": ISSUER, "TOKEN_AUDIENCE": AUDIENCE, "TOKEN_JWKS": str(_JWKS)}
