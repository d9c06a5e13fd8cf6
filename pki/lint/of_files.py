"""Rules for the file: is it PEM, and nothing but CA certificates."""

import re
from collections.abc import Callable, Iterator

from pki.describe import printable
from pki.findings import Severity
from pki.verdict import Front

from .rule import ALB, OWN, REST, Bundle, Grade, Hit, Rule, both
from .scan import Places, Scan

_REBUILD = "python -m pki truststore build FILE --out truststore.pem"
_CONVERT = "python -m pki truststore build reads DER and PKCS#7 too"
# The first octets of what people take for a truststore; those of a key or of a PKCS#12 file
# are a SEQUENCE that starts with a small version number.
_KEY_IN_DER = re.compile(
    rb"\x30(?:[\x00-\x7f]|\x81.|\x82..|\x83...|\x80)\x02\x01[\x00\x01\x03]", re.DOTALL
)
_KINDS = (
    (_KEY_IN_DER, "a key or PKCS#12 in DER"),
    (re.compile(rb"\x30[\x80-\x83]"), "DER"),
    (re.compile(rb"\xff\xfe|\xfe\xff|-\x00-\x00|\x00-\x00-"), "UTF-16 text"),
    (re.compile(rb"\s*\Z"), "empty"),
    (re.compile(rb"MII|\s*MII"), "base64 without its BEGIN and END lines"),
)


def _not_pem(bundle: Bundle) -> Iterator[Hit]:
    if bundle.scan.count or bundle.scan.cut.count:
        return
    found = next((what for kind, what in _KINDS if kind.match(bundle.content)), "")
    found = f"the file is {found}" if found else "the file has no certificate"
    yield Hit(f"{found}, expected PEM: -----BEGIN CERTIFICATE-----")


def _private_key(bundle: Bundle) -> Iterator[Hit]:
    keys = bundle.scan.keys
    if keys.count:
        yield Hit(f"there is a private key in it{_more(keys)}", line=keys.first)
    elif not bundle.scan.count and _KEY_IN_DER.match(bundle.content):
        yield Hit("it is a private key or a PKCS#12 file, in DER")


def _other_block(bundle: Bundle) -> Iterator[Hit]:
    for label, places in bundle.scan.others.items():
        if not label.endswith(b"PRIVATE KEY"):
            said = printable(label.decode(errors="replace"))
            yield Hit(f"a block is {said!r}, expected 'CERTIFICATE'{_more(places)}",
                      line=places.first)  # fmt: skip


def _malformed(bundle: Bundle) -> Iterator[Hit]:
    for broken in bundle.broken:
        if not broken.is_oversized:
            message = f"the block holds no certificate: {broken.because}"
            yield Hit(message, f"certificate {broken.number}", broken.line)


def _cut_off(bundle: Bundle) -> Iterator[Hit]:
    cut = bundle.scan.cut
    if cut.count:
        yield Hit(f"a BEGIN line has no END line, or an END line no BEGIN{_more(cut)}",
                  line=cut.first)  # fmt: skip


def _stray_text(bundle: Bundle) -> Iterator[Hit]:
    stray = bundle.scan.stray
    if stray.count and bundle.scan.count:
        said = printable(stray.text.decode(errors="replace"))[:60]
        yield Hit(f"text between the certificates: {said!r}{_more(stray)}", line=stray.first)


def _bom(bundle: Bundle) -> Iterator[Hit]:
    if bundle.scan.has_bom:
        yield Hit("the file begins with a byte order mark (U+FEFF)", line=1)


def _places(message: str, attribute: Callable[[Scan], Places]) -> Callable[[Bundle], Iterator[Hit]]:
    def check(bundle: Bundle) -> Iterator[Hit]:
        places = attribute(bundle.scan)
        if places.count and bundle.scan.count:
            yield Hit(f"{message}{_more(places)}", line=places.first)

    return check


def _no_newline(bundle: Bundle) -> Iterator[Hit]:
    if bundle.scan.count and not bundle.scan.ends_in_newline:
        yield Hit("the last line has no line end")


def _more(places: Places) -> str:
    return f", {places.count:,} times" if places.count > 1 else ""


def _unconfirmed() -> dict[Front, Grade]:
    return both(Severity.WARNING, "unconfirmed:pem", "unconfirmed:alb-pem")


def _only_alb_documents() -> dict[Front, Grade]:
    return {
        "api-gateway": Grade(Severity.WARNING, "unconfirmed:pem"),
        "alb": Grade(Severity.ERROR, ALB),
    }


RULES = (
    Rule(
        "not-pem",
        "the file holds no PEM certificate",
        "both fronts read PEM alone",
        _CONVERT,
        both(Severity.ERROR, REST, ALB),
        _not_pem,
    ),
    Rule(
        "private-key",
        "a private key is in the file, be it in a comment or in UTF-16",
        "who has a CA's key lets in whom he likes, and a truststore is a public file",
        "take it out, and replace every certificate of that key",
        both(Severity.CRITICAL, OWN),
        _private_key,
    ),
    Rule(
        "other-block",
        "a PEM block is no certificate: a CRL, PKCS#7, a request, a TRUSTED CERTIFICATE",
        "a truststore is concatenated certificates",
        _CONVERT,
        both(Severity.ERROR, REST, ALB),
        _other_block,
    ),
    Rule(
        "malformed",
        "a block is no base64, no X.509, or cannot be read to its end",
        "libraries drop it, or the file with it, and say nothing",
        "ask its owner for it again, and look at it: openssl x509 -text -noout -in FILE",
        both(Severity.ERROR, REST, "RFC 5280, 4.1"),
        _malformed,
    ),
    Rule(
        "cut-off",
        "a BEGIN line without its END line, or the other way round",
        "the certificate is lost, and what follows it may be",
        "copy the file again, whole",
        both(Severity.ERROR, "RFC 7468, 2"),
        _cut_off,
    ),
    Rule(
        "glued",
        "BEGIN does not begin its line: two files were joined without a line end",
        "OpenSSL fails at it, or loses the second certificate",
        "put a line end before it",
        both(Severity.ERROR, "RFC 7468, 2"),
        _places("a BEGIN stands on the line of the END before it", lambda scan: scan.glued),
    ),
    Rule(
        "loose-pem",
        "base64 is not in lines of 64 characters between marks on lines of their own",
        "strict parsers refuse it",
        _REBUILD,
        both(Severity.WARNING, "RFC 7468, 2"),
        _places("base64 is not in lines of 64 characters", lambda scan: scan.loose),
    ),
    Rule(
        "stray-text",
        "text that is no comment stands between the certificates, such as openssl's preamble",
        "ALB takes comments alone; of API Gateway it is not known",
        _REBUILD,
        _only_alb_documents(),
        _stray_text,
    ),
    Rule(
        "blank-line",
        "a line is blank",
        "ALB's page forbids blank lines; of API Gateway it is not known",
        _REBUILD,
        _only_alb_documents(),
        _places("a line is blank", lambda scan: scan.blank),
    ),
    Rule(
        "comment-dash",
        "a comment has a dash in it",
        'ALB takes comments without "-" alone',
        _REBUILD,
        {"alb": Grade(Severity.ERROR, ALB)},
        _places("a comment has a '-' in it", lambda scan: scan.dashed),
    ),
    Rule(
        "comment",
        "a line begins with #",
        "only ALB documents comments",
        _REBUILD,
        {"api-gateway": Grade(Severity.WARNING, "unconfirmed:pem")},
        _places("a line is a comment", lambda scan: scan.comments),
    ),
    Rule(
        "crlf",
        "lines end in CR, or CR and LF, as Windows writes them",
        "neither page says that they may",
        _REBUILD,
        _unconfirmed(),
        _places("lines end in CR LF, expected LF", lambda scan: scan.returns),
    ),
    Rule(
        "bom",
        "the file begins with a byte order mark",
        "OpenSSL then overlooks the first certificate, and says nothing",
        _REBUILD,
        _unconfirmed(),
        _bom,
    ),
    Rule(
        "no-newline",
        "the last line has no line end",
        "whoever appends a certificate with cat glues it to this one",
        _REBUILD,
        both(Severity.INFO, OWN),
        _no_newline,
    ),
)
