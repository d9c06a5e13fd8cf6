"""Vectors for the rules on how the certificates stand to each other."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.builders import Holder, p256
from tests.lint.cas import ENDS, SECOND, Ids, ca, store, tower
from tests.lint.case import Case, barely, trips
from tests.lint.cases_files import pair
from tests.unit.pki import oddities


def changed() -> bytes:
    """A CA whose serial number was changed after it was signed."""
    root = ca()
    below = ca("CN=Issuing", root, serial_number=0x0102030405060708)
    der = oddities.loaded(
        _der(below).replace(bytes.fromhex("0102030405060708"), bytes.fromhex("0102030405060709"))
    )
    return store(Holder(der, below.key), root)


def _der(holder: Holder) -> bytes:
    return holder.certificate.public_bytes(Encoding.DER)


def misidentified(above: bytes | None) -> bytes:
    root = ca()
    return store(ca("CN=Issuing", root, ids=Ids(above=above)), root)


def spelled(name: str) -> bytes:
    root = ca("CN=Example Root")
    return store(ca("CN=Issuing", root, issuer_name=name), root)


def loop(*, with_root: bool) -> bytes:
    """Two CAs that issued each other, beside a root."""
    one, two = ca("CN=One"), ca("CN=Two")
    first = ca("CN=One", two, key=one.key)
    second = ca("CN=Two", one, key=two.key)
    return store(first, second, *((one,) if with_root else ()), ca("CN=Root"))


def below_a_stranger() -> bytes:
    missing = ca("CN=Missing")
    middle = ca("CN=Middle", missing)
    return store(ca("CN=Lowest", middle), middle, ca())


def limited(length: int) -> bytes:
    root = ca(constraints=x509.BasicConstraints(ca=True, path_length=length))
    middle = ca("CN=Middle", root)
    return store(ca("CN=Lowest", middle), middle, root)


def twins(*, same_key: bool, same_serial: bool = False) -> bytes:
    root = ca()
    first = ca("CN=Issuing", root)
    if same_serial:
        return store(first, first, root)
    return store(first, ca("CN=Issuing", root, key=first.key if same_key else None), root)


def crossed() -> bytes:
    one, two = ca("CN=One"), ca("CN=Two")
    below = ca("CN=Issuing", one)
    return store(below, ca("CN=Issuing", two, key=below.key), one, two)


def two_names() -> bytes:
    key = p256()
    return store(ca("CN=One", key=key), ca("CN=Two", key=key))


def outliving(seconds: int) -> bytes:
    root = ca()
    return store(ca("CN=Issuing", root, ends=ENDS + seconds * SECOND), root)


def siblings() -> bytes:
    root = ca()
    return store(ca("CN=A", root), ca("CN=B", root), root)


CASES: dict[str, Case] = {
    "signature": trips(
        "The serial number was changed after it had been signed.", changed, "error signature"),
    "signature-of-another": trips(
        "The root of that name has another key by now, and no key identifiers tell them apart.",
        lambda: store(ca("CN=Issuing", ca(), ids=Ids(left_out=True)), ca(ids=Ids(left_out=True))),
        "error signature", "info no-key-identifier"),
    "chain-of-two": barely(
        "An issuing CA and its root.", pair,
        "signature", "issuer-missing", "not-critical", "version", "no-basic-constraints",
        "no-key-identifier", "spelling", "duplicate", "name-constraints"),
    "key-identifiers": trips(
        "The root signed it, but it asks for another key identifier.",
        lambda: misidentified(b"\1" * 20), "error key-identifiers"),
    "key-identifiers-right": barely(
        "It asks for the key identifier that its issuer has.", lambda: misidentified(None),
        "key-identifiers"),
    "spelling": trips(
        "The issuer is written in lower case.", lambda: spelled("CN=example root"),
        "error spelling"),
    "issuer-missing": trips(
        "The root of another one is there, its own is not.",
        lambda: store(ca("CN=Issuing", ca("CN=Missing")), ca()), "error issuer-missing"),
    "issuer-missing-namesake": trips(
        "A root of that name is there, but with another key, as its key identifier tells.",
        lambda: store(ca("CN=Issuing", ca()), ca()), "error issuer-missing"),
    "root-missing": trips(
        "The issuing CA alone.", lambda: store(ca("CN=Issuing", ca())), "error root-missing"),
    "root-alone": barely("A root alone is a whole chain.", lambda: store(ca()), "root-missing"),
    "unreachable": trips(
        "Two CAs that issued each other: no root stands above them.",
        lambda: loop(with_root=False), "error unreachable"),
    "unreachable-above": trips(
        "The issuer of its issuer is missing.", below_a_stranger,
        "error issuer-missing", "error unreachable"),
    "reachable": barely(
        "Two CAs that issued each other, and one of them is a root too.",
        lambda: loop(with_root=True), "unreachable", expect=("info cross-sign",)),
    "chain-too-long": trips(
        "A root and four CAs below it.", lambda: store(*tower(5)), "error chain-too-long"),
    "chain-as-long-as-it-may-be": barely(
        "A root and three CAs below it.", lambda: store(*tower(4)), "chain-too-long"),
    "path-length": trips(
        "pathLength 1 in the root, and two CAs below it.", lambda: limited(1),
        "error path-length"),
    "path-length-kept": barely(
        "pathLength 2 in the root, and two CAs below it.", lambda: limited(2), "path-length"),
    "duplicate": trips(
        "The same certificate twice.", lambda: twins(same_key=True, same_serial=True),
        "warning duplicate"),
    "same-subject": trips(
        "Two CAs have one name, and two keys.", lambda: twins(same_key=False),
        "warning same-subject"),
    "reissued": trips(
        "The same CA, issued twice by the same root.", lambda: twins(same_key=True),
        "info reissued"),
    "reissued-barely-not-crossed": barely(
        "The same CA twice, and one issuer alone.", lambda: twins(same_key=True),
        "same-subject", "cross-sign", expect=("info reissued",)),
    "same-key": trips("Two roots have one key.", two_names, "warning same-key"),
    "cross-sign": trips("Two roots have issued one CA.", crossed, "info cross-sign"),
    "siblings": barely(
        "One root has issued two CAs.",
        siblings, "reissued"),
    "outlives-issuer": trips(
        "It ends a second after its issuer.", lambda: outliving(1), "info outlives-issuer"),
    "ends-with-issuer": barely(
        "It ends with its issuer.", lambda: outliving(0), "outlives-issuer"),
}  # fmt: skip
