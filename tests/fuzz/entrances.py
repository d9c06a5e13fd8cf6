"""Where bytes of strangers come in: what each entrance does with them, and how it may refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from aws.publisher import checks
from aws.publisher.errors import Refused
from pki import csr, handshake, presented, timeline, tree, truststore
from pki import ocsp as responding
from pki.errors import PkiError
from pki.explain import explain
from pki.explain_report import text
from pki.lint import lint
from pki.profiles import CLIENT
from pki.remedies import Whose
from pki.steps import Case
from service.certificate import ClientCertificate, MalformedCertificate
from service.registry.api_keys import generate, is_well_formed
from service.revocation.crl import RejectedCrl, read, revoked, split
from service.revocation.issuer import issuers
from service.token_settings import DEFAULT_ALGORITHMS, TokenSettings
from service.tokens import bearer, claims, jwks
from service.tokens.bearer import NoToken, WrongToken
from service.tokens.jwks import InvalidJwks
from service.tokens.keys import Keys
from service.tokens.source import Document, Source
from service.tokens.verification import Tokens
from tests import builders, crls
from tests.builders import authority, leaf
from tests.tokens import issuer

NOW = crls.NOW
ROOT = authority(subject="CN=Root,O=Example")
ISSUING = authority(subject="CN=Issuing,O=Example", issuer=ROOT)
LEAF = leaf(issuer=ISSUING)
TRUSTSTORE = (ISSUING.certificate, ROOT.certificate)
ISSUERS = issuers(TRUSTSTORE)
RESPONDER_KEY = builders.p256()
ISSUES = issuer(one=builders.p256(), ed=Ed25519PrivateKey.generate(), rsa=builders.rsa_key(2048))


@dataclass(frozen=True)
class Entrance:
    """*take* gives anything, or raises one of *refusals*; *seeds* are good inputs to spoil."""

    take: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    seeds: Callable[[], list[bytes]]


def _explained(data: bytes) -> str:
    shown, *sent = presented.read(data, "input")
    case = Case(shown, sent, TRUSTSTORE, ("api-gateway", "alb"), NOW)
    return text(explain(case, Whose()), "")


def _truststore(data: bytes) -> str:
    lint(data, now=NOW)
    nodes = tree.nodes(truststore.read(data))
    return tree.text(nodes, NOW) + timeline.svg(nodes, NOW)


def _crl(data: bytes) -> int:
    return sum(len(revoked(read(der, ISSUERS, NOW, timedelta(0)))) for der in split(data))


def _client(data: bytes) -> ClientCertificate:
    return ClientCertificate.from_pem(data.decode("latin-1"))


@cache
def _signer() -> responding.Signer:
    delegate = leaf(issuer=ISSUING, subject="CN=OCSP", uri=None, key=RESPONDER_KEY)
    return responding.Signer(ISSUING.certificate, delegate.certificate, RESPONDER_KEY)


def _ocsp(data: bytes) -> bytes:
    answer = _signer().answer(data, lambda _: True, NOW).der
    ocsp.load_der_ocsp_response(answer)
    return answer


def _handshake(data: bytes) -> list[object]:
    said: list[object] = []
    for is_tls_1_3 in (False, True):
        for parse in (handshake.certificates, handshake.authorities):
            try:
                said += map(handshake.as_name, parse(data, is_tls_1_3=is_tls_1_3))
            except handshake.MalformedHandshake as error:
                said.append(str(error))
    return said


@cache
def _keys() -> Keys:
    issued = Source(lambda: Document(ISSUES.jwks(), 3600.0), 1.0, is_slow=False)
    return Keys(issued, DEFAULT_ALGORITHMS, lambda _: None, clock=NOW.timestamp)


def _token(data: bytes) -> object:
    settings = TokenSettings(ISSUES.url, ISSUES.audience, "jwks.json")
    header = data.decode("latin-1")
    return Tokens(settings, _keys(), NOW.timestamp)._claims(bearer.token(header))


def _claims(data: bytes) -> object:
    """What nobody but the issuer can send, signed as it has to be."""
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WrongToken from error
    return claims.read(payload, ISSUES.url, ISSUES.audience)


def _certificates() -> list[bytes]:
    holders = (LEAF, ISSUING, ROOT)
    der = [holder.certificate.public_bytes(Encoding.DER) for holder in holders]
    return [*der, *(holder.pem.encode() for holder in holders)]


def _leaves() -> list[bytes]:
    return [LEAF.pem.encode(), leaf(issuer=ISSUING, key=builders.rsa_key(2048)).pem.encode()]


def _bundles() -> list[bytes]:
    return [builders.bundle(*TRUSTSTORE).encode(), LEAF.presented.encode()]


def _requests() -> list[bytes]:
    asked = x509.CertificateSigningRequestBuilder().subject_name(LEAF.certificate.subject)
    signed = asked.sign(LEAF.key, hashes.SHA256())
    return [signed.public_bytes(kind) for kind in (Encoding.DER, Encoding.PEM)]


def _asked() -> list[bytes]:
    asked = ocsp.OCSPRequestBuilder().add_certificate(
        LEAF.certificate, ISSUING.certificate, hashes.SHA256()
    )
    nonce = asked.add_extension(x509.OCSPNonce(b"n" * 16), critical=False)
    return [one.build().public_bytes(Encoding.DER) for one in (asked, nonce)]


def _lists() -> list[bytes]:
    der = crls.crl(ISSUING, [5, crls.Entry(7, crls.KEY_COMPROMISE)])
    return [der, x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)]


def _messages() -> list[bytes]:
    der = LEAF.certificate.public_bytes(Encoding.DER)
    one = len(der).to_bytes(3, "big") + der
    name = ROOT.certificate.subject.public_bytes()
    names = len(name).to_bytes(2, "big") + name
    asked = b"\x01\x40\x00\x02\x04\x03" + len(names).to_bytes(2, "big") + names
    return [len(one).to_bytes(3, "big") + one, asked]


def _tokens() -> list[bytes]:
    more = {"kid": "ed", "alg": "EdDSA"}
    signed = (ISSUES.token(LEAF.certificate), ISSUES.token(LEAF.certificate, header=more))
    return [f"Bearer {one}".encode() for one in signed]


ENTRANCES = {
    "explain": Entrance(_explained, (PkiError,), lambda: [*_certificates(), *_bundles()]),
    "truststore": Entrance(_truststore, (PkiError,), _bundles),
    "publisher": Entrance(checks.certificates, (Refused,), _bundles),
    "client": Entrance(_client, (MalformedCertificate,), _leaves),
    "crl": Entrance(_crl, (RejectedCrl,), _lists),
    "csr": Entrance(lambda data: csr.parse(data, CLIENT), (PkiError,), _requests),
    "ocsp": Entrance(_ocsp, (), _asked),
    "handshake": Entrance(_handshake, (), _messages),
    "jwks": Entrance(
        lambda data: jwks.read(data, DEFAULT_ALGORITHMS), (InvalidJwks,), lambda: [ISSUES.jwks()]
    ),
    "token": Entrance(_token, (NoToken, WrongToken), _tokens),
    "claims": Entrance(
        _claims, (WrongToken,), lambda: [json.dumps(ISSUES.claims(LEAF.certificate)).encode()]
    ),
    "api key": Entrance(
        lambda data: is_well_formed(data.decode("latin-1")), (), lambda: [generate().encode()]
    ),
}
