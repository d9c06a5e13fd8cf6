"""OCSP answers per second: our responder against the signature alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pki import issuance, keys, wishes
from pki.authority import subject
from pki.initialisation import initialise, load_authority
from pki.ocsp import Signer, Status
from pki.profiles import RESPONDER
from pki.sans import Sans
from pki.status import Statuses
from pki.store import Store
from stack.settings import ROOT

from .issuing import rate
from .results import Bounded, Compared, Section, take_turns

TARGET = 0.5
KEY_TYPES = ("ec-p256", "rsa-2048")
ABOUT = """\
`pki.ocsp.Signer.answer`, in this process: the bytes of a request without nonce in, the bytes of a
signed answer out, the status at hand; responder and CA have the same key type. One certificate is
asked for again and again, as clients do, so that the request is parsed once and the answer made
and signed each time.
**Bare** is `sign` of cryptography with the same key over the same bytes that the answer signs, and
nothing around it. Before the first turn the answer's signature is verified.

The second row of a key type, for information, asks an index on disk for the status each time, as
`python -m pki serve` does."""


def measure(*, pairs: int, seconds: float) -> Section:
    """Take the turns for every key type."""
    folder = ROOT / ".run"
    folder.mkdir(mode=0o700, exist_ok=True)
    rows: list[Compared | Bounded] = []
    for key_type in KEY_TYPES:
        with TemporaryDirectory(prefix="bench-", dir=folder) as home:
            rows += _of_key_type(key_type, Store(Path(home) / "pki"), pairs, seconds)
    return Section("OCSP", ABOUT, "answers per second", rows)


def _of_key_type(key_type: str, store: Store, pairs: int, seconds: float) -> list[Compared]:
    now, key = datetime.now(UTC), keys.generate(key_type)
    request = _request(store, key_type, now)
    authority = load_authority(store, bytes)
    name = subject("OCSP", "Example")
    delegate = authority.issue(key.public_key(), RESPONDER, name, Sans(), now=now)
    signer, statuses = (
        Signer(authority.certificate, delegate, key),
        Statuses(store, authority.certificate),
    )

    def issued(_serial_number: str) -> Status:
        return True

    def at_hand() -> bytes:
        return signer.answer(request, issued, now).der

    def indexed() -> bytes:
        return signer.answer(request, statuses.of, now).der

    signed = [_signed(answer(), delegate) for answer in (at_hand, indexed)]
    if signed[0] != signed[1]:
        raise RuntimeError("the index does not say that it was issued")
    calls = (at_hand, indexed, _bare(key, signed[0]))
    ours, from_index, bare = take_turns(pairs, *(partial(rate, call, seconds) for call in calls))
    return [
        Compared(f"{key_type}, answers", ours, bare, TARGET),
        Compared(f"{key_type}, status from the index", from_index, bare),
    ]


def _request(store: Store, key_type: str, now: datetime) -> bytes:
    """Make a PKI with one client, and ask for it."""
    initialise(store, now=now, key_type=key_type)
    wish = wishes.client("billing", wishes.Asked())
    leaf = issuance.issue(store, wish, issuance.Secrets(bytes, bytes), now=now).leaf
    issuer = load_authority(store, bytes).certificate
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, SHA256())
    return builder.build().public_bytes(Encoding.DER)


def _bare(key: keys.PrivateKey, data: bytes) -> Callable[[], bytes]:
    if isinstance(key, rsa.RSAPrivateKey):
        return partial(key.sign, data, padding.PKCS1v15(), SHA256())
    return partial(key.sign, data, ec.ECDSA(SHA256()))


def _signed(der: bytes, delegate: x509.Certificate) -> bytes:
    """Return what is signed in the good answer *der*, after verifying it."""
    response = ocsp.load_der_ocsp_response(der)
    key = delegate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), SHA256())
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(SHA256()))
    if response.certificate_status is not ocsp.OCSPCertStatus.GOOD:
        raise RuntimeError("the answer is not: good")
    return response.tbs_response_bytes
