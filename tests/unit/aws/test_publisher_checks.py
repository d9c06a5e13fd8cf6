"""Which bytes are a truststore."""

from __future__ import annotations

import ssl

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from aws.publisher.checks import LARGEST, MOST, certificates
from aws.publisher.errors import Refused
from tests.builders import authority, bundle, leaf, rsa_key

ROOT = authority()
OTHER = authority(subject="CN=Other Root,O=Test", key=rsa_key(2048))
PEM = ROOT.pem
DER = ROOT.certificate.public_bytes(Encoding.DER)
BOTH = bundle(ROOT.certificate, OTHER.certificate)
KEY = ROOT.key.private_bytes(
    Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def openssl(text: str) -> int:
    """How many different certificates OpenSSL finds in *text*."""
    store = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        store.load_verify_locations(cadata=text.encode("ascii", "replace").decode())
    except ssl.SSLError:
        return 0
    return store.cert_store_stats()["x509"]


def armoured(der: bytes) -> str:
    return ssl.DER_cert_to_PEM_cert(der)


GOOD = {
    "one": (PEM, 1),
    "two": (BOTH, 2),
    "the same twice": (PEM + PEM, 2),
    "CRLF": (BOTH.replace("\n", "\r\n"), 2),
    "no end of the last line": (BOTH.rstrip(), 2),
    "blanks after lines": (PEM.replace("\n", " \t\n"), 1),
    "comments": (f"# root, until Übermorgen\n{PEM}\n\n-- the other\n{OTHER.pem}bye", 2),
    "one long line of base64": (f"{BEGIN}\n{''.join(PEM.split(chr(10))[1:-2])}\n{END}\n", 1),
    "a leaf, which API Gateway warns of": (leaf(issuer=ROOT).pem, 1),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_truststore_is_counted(name: str) -> None:
    text, count = GOOD[name]
    assert certificates(text.encode()) == count
    assert openssl(text) == (1 if name == "the same twice" else count)


BAD = {
    "nothing": (b"", "holds 0 certificates, expected 1 to 1,000"),
    "only text": (b"# soon\n", "holds 0 certificates"),
    "DER": (DER, "is no UTF-8 text"),
    "UTF-16, as PowerShell writes it": (PEM.encode("utf-16"), "is no UTF-8 text"),
    "UTF-16 without a mark": (PEM.encode("utf-16-le"), "is no UTF-8 text"),
    "a byte order mark": (b"\xef\xbb\xbf" + PEM.encode(), "line 1 of"),
    "glued": ((PEM.rstrip() + OTHER.pem).encode(), "begins or ends a certificate out of place"),
    "CR alone": (PEM.replace("\n", "\r").encode(), "line 1 of"),
    "all in one line": (PEM.replace("\n", " ").encode(), "line 1 of"),
    "indented": ((" " + PEM).encode(), "line 1 of"),
    "no end": (PEM.replace(END, "").encode(), "in a certificate, is no base64"),
    "cut off": (PEM[:300].encode(), "the certificate in line 1 of truststore.pem has no end"),
    "no beginning": ((PEM + PEM.replace(BEGIN, "")).encode(), "out of place"),
    "begun twice": (f"{BEGIN}\n{PEM}".encode(), "line 2 of"),
    "a blank line within": (PEM.replace("\n", "\n\n", 1).encode(), "line 2 of"),
    "headers": (f"{BEGIN}\nProc-Type: 4,ENCRYPTED\n{PEM}".encode(), "line 2 of"),
    "a request": (b"-----BEGIN CERTIFICATE REQUEST-----\n", "says 'CERTIFICATE REQUEST'"),
    "trusted": (PEM.replace("N C", "N TRUSTED C").encode(), "says 'TRUSTED CERTIFICATE'"),
    "a CRL": (f"{PEM}-----BEGIN X509 CRL-----\n".encode(), "says 'X509 CRL', expected"),
    "garbage in base64": ((PEM + armoured(b"garbage")).encode(), "certificate 2 of"),
    "empty": (f"{BEGIN}\n{END}\n".encode(), "certificate 1 of truststore.pem (line 1)"),
    "no base64": (f"{BEGIN}\nQ\n{END}\n".encode(), "cannot be read"),
    "a byte behind it": (armoured(DER + b"\0").encode(), "cannot be read"),
    "another behind it": (armoured(DER + DER).encode(), "cannot be read"),
    "a byte missing": (armoured(DER[:-1]).encode(), "cannot be read"),
    "no definite length": (armoured(b"\x30\x80" + DER[4:] + b"\0\0").encode(), "cannot be read"),
    "another sequence": (armoured(b"\x30\x03\x02\x01\x00").encode(), "cannot be read"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_truststore_is_refused(name: str) -> None:
    content, said = BAD[name]
    with pytest.raises(Refused, match="truststore") as refused:
        certificates(content)
    assert said in refused.value.message
    assert "make truststore" in refused.value.hint


@pytest.mark.parametrize("before", ["", PEM.rstrip(), "\ufeff"])
def test_a_private_key_is_refused_and_not_shown(before: str) -> None:
    with pytest.raises(Refused, match="holds a private key") as refused:
        certificates(before.encode() + KEY + PEM.encode())
    assert KEY.decode()[30:60] not in refused.value.message + refused.value.hint


def test_a_thousand_certificates_and_not_one_more() -> None:
    assert certificates(PEM.encode() * MOST) == MOST == 1000
    with pytest.raises(Refused, match="holds 1,001 certificates, expected 1 to 1,000"):
        certificates(PEM.encode() * (MOST + 1))


def test_a_megabyte_and_not_one_byte_more() -> None:
    filled = (PEM + "#" * LARGEST)[:LARGEST].encode()
    assert certificates(filled) == 1
    with pytest.raises(Refused, match=r"has 1,000,001 bytes, expected at most 1,000,000"):
        certificates(filled + b"#")


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_mutilated_truststore_is_read_as_openssl_reads_it_or_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(BOTH)))
    end = data.draw(st.integers(start, min(len(BOTH), start + 70)))
    marks = ["", "\n", "\r\n", "\r", " ", "\t", "=", "A", "-", "#", "\ufeff", BEGIN, END]
    broken = BOTH[:start] + data.draw(st.sampled_from(marks)) + BOTH[end:]
    try:
        count = certificates(broken.encode())
    except Refused:
        return
    assert openssl(broken) == count
