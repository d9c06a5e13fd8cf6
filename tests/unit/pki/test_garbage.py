"""Whatever a file holds: an error and a hint, never a traceback."""

import functools
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.pki.csrs import DNS, URI, request
from tests.unit.pki.folder import Pki, assert_refusal, made

CSR_PEM = request(sans=[URI, DNS])
CSR_DER = x509.load_pem_x509_csr(CSR_PEM).public_bytes(Encoding.DER)


def changed(original: bytes) -> st.SearchStrategy[bytes]:
    """Return *original* with a few bytes replaced, and maybe cut."""
    places = st.lists(
        st.tuples(st.integers(0, len(original) - 1), st.integers(0, 255)), min_size=1, max_size=3
    )

    def change(places: list[tuple[int, int]], end: int) -> bytes:
        content = bytearray(original)
        for place, value in places:
            content[place] = value
        return bytes(content[:end])

    return st.builds(change, places, st.sampled_from([len(original), len(original) - 1, 40]))


def framed(label: str) -> st.SearchStrategy[bytes]:
    begin, end = f"-----BEGIN {label}-----\n".encode(), f"\n-----END {label}-----\n".encode()
    return st.binary(max_size=80).map(lambda body: begin + body + end)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return made(tmp_path_factory.mktemp("garbage"))


quick = functools.partial(
    settings, deadline=None, max_examples=100, suppress_health_check=list(HealthCheck)
)


def refused_or_done(pki: Pki, *words: str) -> None:
    result = pki.run(*words)
    if result.exit_code:
        assert_refusal(result)


@quick()
@given(content=st.binary() | framed("CERTIFICATE REQUEST") | changed(CSR_DER) | changed(CSR_PEM))
def test_any_csr(pki: Pki, content: bytes) -> None:
    for profile in ("client", "server"):
        file = pki.home.parent / "any.csr"
        file.write_bytes(content)
        refused_or_done(pki, "sign", str(file), "--profile", profile)


@quick()
@given(data=st.data())
def test_any_certificate_and_truststore(pki: Pki, data: st.DataObject) -> None:
    leaf = pki.certificate("authorities/issuing.pem")
    pem, der = leaf.public_bytes(Encoding.PEM), leaf.public_bytes(Encoding.DER)
    made_up = st.binary() | framed("CERTIFICATE") | framed("X") | changed(pem) | changed(der)
    file = pki.home.parent / "any.pem"
    content = data.draw(made_up)
    file.write_bytes(content)
    refused_or_done(pki, "show", str(file))
    refused_or_done(pki, "truststore", "show", str(file))
    refused_or_done(pki, "truststore", "build", str(file), "--out", f"{file}.out")


@quick()
@given(name=st.text(max_size=70))
def test_any_name(pki: Pki, name: str) -> None:
    def known() -> set[str]:
        return {path.name for path in pki.home.parent.iterdir()}

    before = known()
    for words in (("issue", "server", "--", name), ("issue", "client", "--", name)):
        refused_or_done(pki, *words)
    assert known() <= before | {"any.pem", "any.csr", "any.pem.out"}


@quick(max_examples=40)
@given(content=st.binary(max_size=200))
def test_any_leaf_and_key(pki: Pki, content: bytes) -> None:
    for name in ("broken.pem", "broken.key"):
        (pki.home / "clients" / name).write_bytes(content)
    for option in ("--renew", "--if-needed"):
        assert_refusal(pki.run("issue", "client", "broken", option))
    for name in ("broken.pem", "broken.key"):
        (pki.home / "clients" / name).unlink()


@pytest.mark.parametrize(
    "words", [["sign", "--profile", "client"], ["show"], ["truststore", "show"]]
)
def test_a_folder_or_a_device_as_a_file_is_refused(
    pki: Pki, tmp_path: Path, words: list[str]
) -> None:
    for path in (str(tmp_path), "/dev/zero", "/proc/self/mem", "", "\x00", "x" * 300):
        assert_refusal(pki.run(*words, path))
