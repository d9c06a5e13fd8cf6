"""Play the issuer: python examples/issue_token.py [NAME [SCOPE…]].

Makes a key, writes its public half to jwks.json, and prints a token for NAME's certificate. The key
is gone afterwards; an issuer keeps it, and first makes sure that the certificate is the caller's.
"""

import base64
import hashlib
import json
import sys
import time
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

name, *scopes = sys.argv[1:] or ["billing"]
certificate = Path(f".pki/clients/{name}.pem")
if not certificate.exists():
    sys.exit(f"error: {str(certificate)!r} is not there\n  hint: python -m pki issue client {name}")
key = ec.generate_private_key(ec.SECP256R1())
public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
Path("jwks.json").write_text(json.dumps({"keys": [{**public, "kid": "example", "use": "sig"}]}))

leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
digest = hashlib.sha256(leaf.public_bytes(Encoding.DER)).digest()
claims = {
    "iss": "https://issuer.example",
    "aud": "https://api.example",
    "sub": name,
    "exp": int(time.time()) + 300,
    "scope": " ".join(scopes),
    # RFC 8705, 3.1: whoever steals the token cannot use it.
    "cnf": {"x5t#S256": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()},
}
print(jwt.encode(claims, key, algorithm="ES256", headers={"kid": "example", "typ": "at+jwt"}))
