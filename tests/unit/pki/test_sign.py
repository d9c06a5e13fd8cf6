"""Sign: what is taken from a CSR, and what is refused."""

import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID

from pki import csr, public_keys
from pki.errors import PkiError
from pki.profiles import CLIENT, LEAVES, SERVER
from pki.sans import Sans
from tests import builders
from tests.unit.pki.csrs import DNS, KEY, NAME, URI, Key, attribute, request, subject, usage
from tests.unit.pki.folder import assert_refusal, made, tool

RSA_1024 = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
RSA_2048 = rsa.generate_private_key(public_exponent=65537, key_size=2048)
MAIL = x509.RFC822Name("a@example.org")
IP = x509.IPAddress(ip_address("10.0.0.1"))
CN = attribute(NameOID.COMMON_NAME, "a")
UNIT = attribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "x")


def test_the_key_and_the_names_are_taken_and_nothing_else() -> None:
    asked = csr.parse(
        request(
            sans=[URI, DNS, MAIL, IP],
            extensions=[
                usage("digital_signature"),
                x509.ExtendedKeyUsage([Eku.CLIENT_AUTH]),
                x509.BasicConstraints(ca=False, path_length=None),
                x509.SubjectKeyIdentifier(b"mine"),
            ],
        ),
        CLIENT,
    )
    assert asked.public_key == KEY.public_key()
    assert asked.subject == NAME
    assert asked.sans == Sans(
        ("a.example.org",), ("spiffe://example.org/a",), ("a@example.org",), ("10.0.0.1",)
    )


@pytest.mark.parametrize(
    ("profile", "content"),
    [
        ("server", request(sans=[DNS, IP])),
        ("server", request(sans=[x509.DNSName("*.example.org")])),
        ("server", request(sans=[DNS], name=subject())),
        ("client", request(sans=None)),
        ("client", request(name=subject())),
        ("client", request(key=RSA_2048)),
        ("client", request(key=ec.generate_private_key(ec.SECP384R1()))),
        ("client", request(algorithm=hashes.SHA512())),
        ("client", request(name=subject(UNIT, UNIT))),
    ],
)
def test_a_good_csr_is_taken(profile: str, content: bytes) -> None:
    assert csr.parse(content, LEAVES[profile])
    der = x509.load_pem_x509_csr(content).public_bytes(Encoding.DER)
    assert csr.parse(der, LEAVES[profile])


def named(oid: x509.ObjectIdentifier, value: str) -> bytes:
    return request(name=subject(attribute(oid, value)))


def alone(san: x509.GeneralName) -> bytes:
    return request(sans=[san])


def asking(*extensions: x509.ExtensionType) -> bytes:
    return request(sans=[DNS], extensions=extensions)


OID = x509.ObjectIdentifier("1.2.3.4")
A_CA = x509.BasicConstraints(ca=True, path_length=None)
NETWORK = x509.IPAddress(ip_network("10.0.0.0/8"))
TWO_VALUES = x509.RelativeDistinguishedName(
    [*CN, x509.NameAttribute(NameOID.ORGANIZATION_NAME, "b")]
)
PRIVATE = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
KEYS: dict[str, Key] = {
    "rsa-1024": RSA_1024,
    "secp521r1": ec.generate_private_key(ec.SECP521R1()),
    "secp256k1": ec.generate_private_key(ec.SECP256K1()),
    "secp224r1": ec.generate_private_key(ec.SECP224R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "ed448": ed448.Ed448PrivateKey.generate(),
    "dsa": dsa.generate_private_key(2048),
}
REFUSED = [
    *(("client", request(key=key), name) for name, key in KEYS.items()),
    ("client", asking(A_CA), "a CA certificate"),
    ("client", asking(usage("key_cert_sign")), "key_cert_sign"),
    ("client", asking(usage("digital_signature", "key_encipherment")), "key_encipherment"),
    ("client", asking(x509.ExtendedKeyUsage([Eku.SERVER_AUTH])), "the client profile"),
    ("client", asking(x509.ExtendedKeyUsage([Eku.ANY_EXTENDED_KEY_USAGE])), "the client profile"),
    ("server", asking(x509.ExtendedKeyUsage([Eku.CLIENT_AUTH])), "the server profile"),
    ("client", asking(x509.OCSPNoCheck()), "1.3.6.1.5.5.7.48.1.5"),
    ("client", asking(x509.UnrecognizedExtension(OID, b"")), "1.2.3.4"),
    ("server", request(sans=[URI, DNS]), "UniformResourceIdentifier"),
    ("server", alone(MAIL), "RFC822Name"),
    ("client", alone(x509.DirectoryName(NAME)), "DirectoryName"),
    ("client", alone(x509.OtherName(OID, b"\x05\x00")), "OtherName"),
    ("client", alone(x509.RegisteredID(OID)), "RegisteredID"),
    ("client", alone(NETWORK), "10.0.0.0/8"),
    ("client", alone(x509.DNSName("*.example.org")), "DNS name"),
    ("server", alone(x509.DNSName("a b")), "DNS name"),
    ("server", alone(x509.DNSName("")), "DNS name"),
    ("client", alone(x509.UniformResourceIdentifier("nothing")), "URI"),
    ("server", request(sans=None), "subject alternative name"),
    ("server", request(sans=[]), "subject alternative name"),
    ("client", request(sans=None, name=subject()), "subject alternative"),
    ("client", request(name=subject(TWO_VALUES)), "several values"),
    ("client", request(name=subject(CN, CN)), "twice"),
    ("client", named(NameOID.DOMAIN_COMPONENT, "a"), "'DC'"),
    ("client", named(NameOID.EMAIL_ADDRESS, "a@b"), "expected only"),
    ("client", named(NameOID.COMMON_NAME, "a" * 65), "up to 64"),
    ("client", named(NameOID.ORGANIZATION_NAME, "a" * 65), "up to 64"),
    ("client", named(NameOID.ORGANIZATIONAL_UNIT_NAME, "a" * 65), "up to 64"),
    ("client", named(NameOID.LOCALITY_NAME, "a" * 129), "up to 128"),
    ("client", named(NameOID.STATE_OR_PROVINCE_NAME, "a" * 129), "up to 128"),
    ("client", named(NameOID.COUNTRY_NAME, "DEU"), "C="),
    ("client", named(NameOID.COUNTRY_NAME, "de"), "capital"),
    ("client", named(NameOID.COMMON_NAME, "a\n"), "printable"),
    ("client", b"", "malformed"),
    ("client", b"x" * 65537, "64 KiB"),
    ("client", request() + PRIVATE, "private key"),
]


@pytest.mark.parametrize(("profile", "content", "because"), REFUSED)
def test_a_bad_csr_is_refused(profile: str, content: bytes, because: str) -> None:
    with pytest.raises(PkiError) as caught:
        csr.parse(content, LEAVES[profile])
    assert because.lower() in caught.value.message.lower()
    assert caught.value.hint


@pytest.mark.parametrize("bound", [NameOID.LOCALITY_NAME, NameOID.STATE_OR_PROVINCE_NAME])
def test_a_name_at_its_bound_is_taken(bound: x509.ObjectIdentifier) -> None:
    assert csr.parse(request(name=subject(attribute(bound, "a" * 128))), CLIENT)


@pytest.mark.parametrize("profile", [CLIENT, SERVER])
def test_a_signature_that_does_not_fit_is_refused(profile: object) -> None:
    der = bytearray(x509.load_pem_x509_csr(request(sans=[DNS])).public_bytes(Encoding.DER))
    place = der.index(b"a.example.org")
    der[place] = ord("b")
    with pytest.raises(PkiError, match="signature does not fit"):
        csr.parse(bytes(der), profile)  # type: ignore[arg-type]


@pytest.mark.parametrize("digest", ["sha1", "md5"])
def test_a_weak_signature_is_refused(tmp_path: Path, digest: str) -> None:
    key, file = tmp_path / "key", tmp_path / "csr"
    words = f"req -new -newkey rsa:2048 -noenc -keyout {key} -{digest} -subj /CN=a -out {file}"
    subprocess.run([tool("openssl"), *words.split()], check=True, capture_output=True)
    with pytest.raises(PkiError, match=digest):
        csr.parse(file.read_bytes(), CLIENT)


@pytest.mark.parametrize("exponent", [1, 2, 65536])
def test_a_weak_rsa_exponent_is_refused(exponent: int) -> None:
    pem = bytearray(x509.load_pem_x509_csr(request(key=RSA_2048)).public_bytes(Encoding.DER))
    place = pem.index(b"\x02\x03\x01\x00\x01")
    pem[place + 2 : place + 5] = exponent.to_bytes(3, "big")
    with pytest.raises(PkiError):
        csr.parse(bytes(pem), CLIENT)


def test_an_rsa_exponent_that_takes_long_is_refused() -> None:
    modulus = RSA_2048.public_key().public_numbers().n
    longest = rsa.RSAPublicNumbers(2**63 + 1, modulus).public_key()
    assert public_keys.accept(longest) is longest
    with pytest.raises(PkiError, match="65 bits, expected up to 64"):
        public_keys.accept(rsa.RSAPublicNumbers(2**64 + 1, modulus).public_key())


def test_sign_prints_the_leaf_and_records_it(tmp_path: Path) -> None:
    pki = made(tmp_path)
    file = tmp_path / "a.csr"
    file.write_bytes(request())
    result = pki.done("sign", str(file), "--profile", "client", "--days", "3")
    leaf = x509.load_pem_x509_certificate(result.stdout.encode())
    assert result.stdout.startswith("-----BEGIN CERTIFICATE")
    assert result.stdout.count("BEGIN") == 1
    assert leaf.public_key() == KEY.public_key()
    assert leaf.subject == NAME
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days == 3
    row = pki.listed()[-1]
    assert (row["name"], row["profile"]) == ("a", "client")
    assert row["serial_number"] == f"{leaf.serial_number:x}"
    assert row["serial_number"] in pki.done("show", row["serial_number"]).stdout


def test_sign_reads_standard_input(tmp_path: Path) -> None:
    pki = made(tmp_path)
    result = pki.fed(request(), "sign", "-", "--profile", "client")
    assert result.exit_code == 0
    assert "BEGIN CERTIFICATE" in result.stdout
    assert_refusal(pki.fed(b"nonsense", "sign", "-", "--profile", "client"))


def test_sign_creates_the_file_and_never_overwrites_one(tmp_path: Path) -> None:
    pki = made(tmp_path)
    file, out = tmp_path / "a.csr", tmp_path / "a.pem"
    file.write_bytes(request())
    words = ("sign", str(file), "--profile", "client", "--out", str(out))
    assert pki.done(*words).stdout == ""
    before = out.read_bytes()
    assert "exists" in pki.refused(*words)
    assert out.read_bytes() == before
    assert len(pki.listed()) == 3
    assert "cannot write" in pki.refused(*words[:-1], str(tmp_path / "no" / "a.pem"))


def test_sign_without_a_profile_is_wrong_usage(tmp_path: Path) -> None:
    made(tmp_path).misused("sign", "-")
    made(tmp_path).misused("sign", "-", "--profile", "root")


@pytest.mark.parametrize("out", ["", ".", "/", "no/such/folder/x.pem", "a\x00b"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, out: str) -> None:
    pki = made(tmp_path)
    assert_refusal(pki.fed(request(), "sign", "-", "--profile", "client", "--out", out))


def test_who_signs_sees_for_whom_the_certificate_will_speak(tmp_path: Path) -> None:
    pki = made(tmp_path)
    file = tmp_path / "a.csr"
    file.write_bytes(request(sans=[URI, DNS]))
    told = pki.done("sign", str(file), "--profile", "client").stderr
    assert "names   a.example.org, spiffe://example.org/a" in told


def test_what_cannot_be_written_is_not_recorded(tmp_path: Path) -> None:
    pki = made(tmp_path)
    file = tmp_path / "a.csr"
    file.write_bytes(request())
    before = pki.done("list").stdout
    out = str(tmp_path / "missing/a.pem")
    pki.refused("sign", str(file), "--profile", "client", "--out", out)
    assert pki.done("list").stdout == before


def test_a_file_with_two_csrs_is_refused(tmp_path: Path) -> None:
    pki = made(tmp_path)
    file = tmp_path / "a.csr"
    file.write_bytes(request() * 2)
    assert "more than one CSR" in pki.refused("sign", str(file), "--profile", "client")


def test_a_strangers_certificate_cannot_write_on_the_terminal(tmp_path: Path) -> None:
    pki = made(tmp_path)
    name = x509.Name.from_rfc4514_string("CN=a\x1b[2J\nissuer CN=Trusted")
    file = tmp_path / "a.pem"
    file.write_text(builders.leaf(issuer=None, subject=name).pem)
    shown = pki.done("show", str(file)).stdout
    assert "\x1b" not in shown
    assert "issuer CN=Trusted" not in [line[:17] for line in shown.splitlines()]
