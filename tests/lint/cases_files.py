"""Vectors for the rules on the file, and on how much there may be."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Callable, Iterator
from itertools import count

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.builders import Holder
from tests.lint.cas import ca, store
from tests.lint.case import Case, barely, trips
from tests.unit.pki import oddities

_KEY = "-----BEGIN {0}PRIVATE KEY-----\n(not a key: taken out)\n-----END {0}PRIVATE KEY-----\n"


def der(holder: Holder) -> bytes:
    return holder.certificate.public_bytes(Encoding.DER)


def wrapped(content: bytes, width: int = 64, label: str = "CERTIFICATE") -> bytes:
    text = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), width))
    return f"-----BEGIN {label}-----\n{text}\n-----END {label}-----\n".encode()


def pair() -> bytes:
    root = ca()
    return store(ca("CN=Issuing", root), root)


def roots() -> bytes:
    return store(ca("CN=One"), ca("CN=Two"))


def with_text(text: str, *, between: bool = False) -> bytes:
    one, two = store(ca("CN=One")), store(ca("CN=Two"))
    return one + text.encode() + two if between else text.encode() + one + two


def padded(sizes: Iterator[int], fits: Callable[[Holder], bool]) -> Holder:
    """The first root that fits, of those with an extension of *sizes* octets."""
    for size in sizes:
        extension = oddities.unknown("2.25.4711", b"\x04" + b"\0" * size)
        holder = ca(extra=[(extension, False)])
        if fits(holder):
            return holder
    raise AssertionError


def full_last_line() -> bytes:
    return store(padded(count(), lambda holder: len(base64.b64encode(der(holder))) % 64 == 0))


def of_pem_size(low: int, high: int) -> bytes:
    fits = lambda holder: low <= len(store(holder)) - 1 <= high  # noqa: E731
    return store(padded(count(11_200), fits))


def odd_san() -> bytes:
    root = ca()
    names = x509.SubjectAlternativeName([x509.DNSName("example.org")])
    cut = oddities.replaced(b"\x82\x0bexample.org", b"\x87\x0bexample.org")
    return store(oddities.edited(root, cut, ca("CN=Odd", root, extra=[(names, False)])), root)


def extension_twice() -> bytes:
    root = ca()
    one, other = oddities.unknown("1.2.3.4", b"\5\0"), oddities.unknown("1.2.3.5", b"\5\0")
    holder = ca("CN=Odd", root, extra=[(one, False), (other, False)])
    return store(oddities.edited(root, oddities.replaced(b"\x2a\3\5", b"\x2a\3\4"), holder), root)


def headers() -> bytes:
    head = b"-----BEGIN CERTIFICATE-----\n"
    return store(ca("CN=One")) + store(ca()).replace(head, head + b"Proc-Type: 4\n")


def subjects(last: int) -> bytes:
    """Twenty roots with subjects of 500 octets, or more in the last one."""
    units = "".join(f"OU={letter * 64}," for letter in "ABCDEF")
    names = [f"{number:035d}" for number in range(19)] + ["x" * last]
    return store(*(ca(f"{units}CN={name}") for name in names))


_BOTH_LOOSE = ("warning stray-text api-gateway", "error stray-text alb")
_FILES = {
    "not-pem-but-der": trips(
        "A certificate in DER.", lambda: der(ca()), "error not-pem"),
    "not-pem-but-empty": trips("Nothing at all.", lambda: b"", "error not-pem"),
    "not-pem-but-text": trips(
        "A certificate as openssl prints it.", lambda: b"Certificate:\n    Data:\n",
        "error not-pem"),
    "pem-alone": barely("One root, and nothing else.", lambda: store(ca()), "not-pem"),
    "private-key": trips(
        "Somebody appended the CA's key. (It has been taken out of its block.)",
        lambda: store(ca()) + _KEY.format("").encode(), "critical private-key"),
    "private-key-encrypted": trips(
        "An encrypted key is a key.",
        lambda: _KEY.format("ENCRYPTED ").encode() + store(ca()), "critical private-key"),
    "private-key-in-a-name": barely(
        "A CA may have an odd name.", lambda: store(ca("CN=BEGIN PRIVATE KEY")), "private-key"),
    "other-block": trips(
        "A CRL beside the CA that signed it.",
        lambda: store(ca()) + wrapped(b"0\x03\x02\x01\x01", label="X509 CRL"),
        "error other-block"),
    "other-block-trusted": trips(
        "OpenSSL's own format, with trust settings behind the certificate.",
        lambda: store(ca()) + wrapped(der(ca("CN=Two")), label="TRUSTED CERTIFICATE"),
        "error other-block"),
    "comment-on-a-block": barely(
        "ALB takes comments; this one only speaks of a CRL.",
        lambda: with_text("# X509 CRL: none\n"), "other-block", "stray-text", front="alb"),
    "malformed-cut": trips(
        "The last ten octets of the second certificate are missing.",
        lambda: store(ca()) + wrapped(der(ca("CN=Two"))[:-10]), "error malformed"),
    "malformed-base64": trips(
        "A letter of base64 has become a question mark.",
        lambda: store(ca()) + store(ca("CN=Two")).replace(b"\nM", b"\n?", 1),
        "error malformed"),
    "malformed-headers": trips(
        "PEM of 1993, with headers.", headers, "error malformed", "warning loose-pem"),
    "malformed-san": trips(
        "An IP address of eleven octets, in a signed certificate.", odd_san, "error malformed"),
    "malformed-extension-twice": trips(
        "The same extension twice (RFC 5280, 4.2).", extension_twice, "error malformed"),
    "odd-and-well-formed": barely(
        "An extension that nobody knows, and that is not critical.",
        lambda: store(ca(extra=[(oddities.unknown("2.25.4711", b"\0"), False)])),
        "malformed", "critical-extension"),
    "cut-off": trips(
        "The copying stopped half way through the second certificate.",
        lambda: store(ca()) + store(ca("CN=Two"))[:300] + b"\n", "error cut-off"),
    "cut-off-in-the-middle": trips(
        "The first certificate ends half way through; the second one is whole.",
        lambda: store(ca("CN=One"))[:260] + store(ca("CN=Two")), "error cut-off"),
    "cut-off-in-front": trips(
        "The first BEGIN line was lost: what is left of its block is text.",
        lambda: roots().removeprefix(b"-----BEGIN CERTIFICATE-----\n"),
        "error cut-off", *_BOTH_LOOSE),
    "blank-after-the-mark": barely(
        "A blank behind an END line: it is closed all the same.",
        lambda: roots().replace(b"END CERTIFICATE-----\n", b"END CERTIFICATE----- \n", 1),
        "cut-off", expect=("warning loose-pem",)),
    "loose-pem-end": trips(
        "The END line is glued to the last line of base64.",
        lambda: store(ca()).replace(b"\n-----END", b"-----END"), "warning loose-pem"),
    "glued": trips(
        "Two files joined, and the first had no line end.",
        lambda: store(ca("CN=One")).rstrip() + store(ca("CN=Two")), "error glued"),
    "two-roots": barely(
        "Two files joined as they should be.", roots,
        "glued", "same-key", "blank-line", "crlf", "comment"),
    "loose-pem": trips(
        "Lines of 76 characters, as MIME has them.", lambda: wrapped(der(ca()), 76),
        "warning loose-pem"),
    "loose-pem-one-line": trips(
        "All of base64 in one line.", lambda: wrapped(der(ca()), 10_000), "warning loose-pem"),
    "last-line-full": barely(
        "The last line of base64 has all of its 64 characters.", full_last_line, "loose-pem"),
    "stray-text": trips(
        "What openssl s_client -showcerts prints before each certificate.",
        lambda: with_text(" 1 s:CN = Two\n   i:CN = Two\n", between=True), *_BOTH_LOOSE),
    "blank-line": trips(
        "A blank line between two certificates.", lambda: with_text("\n", between=True),
        "warning blank-line api-gateway", "error blank-line alb"),
    "comment-empty": barely(
        "A line with # alone is a comment, and not blank.", lambda: with_text("#\n"),
        "blank-line", front="alb"),
    "comment-dash": trips(
        "ALB's page: comments must not have a dash in them.",
        lambda: with_text("# e-mail the owner\n"), "error comment-dash", front="alb"),
    "comment-without-dash": barely(
        "The same comment as ALB takes it.", lambda: with_text("# mail the owner\n"),
        "comment-dash", front="alb"),
    "comment": trips(
        "Only ALB documents comments.", lambda: with_text("# mail the owner\n"),
        "warning comment api-gateway"),
    "crlf": trips(
        "Saved on Windows.", lambda: roots().replace(b"\n", b"\r\n"), "warning crlf"),
    "bom": trips(
        "Saved by a Windows editor, as UTF-8.", lambda: b"\xef\xbb\xbf" + roots(), "warning bom"),
    "bom-within-a-comment": barely(
        "A byte order mark that is not the file's first character.",
        lambda: with_text("# \ufeff\n"), "bom", front="alb"),
    "no-newline": trips(
        "The last line has no line end.", lambda: roots().rstrip(), "info no-newline"),
    "one-newline": barely("The last line ends as it should.", roots, "no-newline"),
}  # fmt: skip
_LIMITS = {
    "too-many-for-alb": trips(
        "26 roots: one more than an ALB takes.",
        lambda: store(*(ca(f"CN=Root {n}") for n in range(26))), "error too-many alb"),
    "as-many-as-alb-takes": barely(
        "25 roots.", lambda: store(*(ca(f"CN=Root {n}") for n in range(25))), "too-many"),
    "certificate-too-large": trips(
        "A certificate of more than 16,000 octets of PEM.",
        lambda: of_pem_size(16_001, 16_100), "error certificate-too-large alb"),
    "certificate-as-large-as-it-may-be": barely(
        "A certificate of just less.", lambda: of_pem_size(15_900, 15_999),
        "certificate-too-large"),
    "subjects-too-large": trips(
        "20 subjects with 10,001 octets together.", lambda: subjects(36),
        "error subjects-too-large alb"),
    "subjects-as-large-as-they-may-be": barely(
        "20 subjects with 10,000 octets together.", lambda: subjects(35), "subjects-too-large"),
}  # fmt: skip
CASES: dict[str, Case] = {**_FILES, **_LIMITS}
