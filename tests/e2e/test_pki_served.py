"""`make up` without Docker serves CRL and OCSP beside the fronts."""

from __future__ import annotations

import subprocess
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from cryptography import x509

from stack.native import NativeStack
from tests.conftest import Pki, require


def test_the_stack_serves_the_crl_and_answers_openssl(stack: NativeStack, pki: Pki) -> None:
    url = f"http://127.0.0.1:{stack.settings.pki_port}"
    with urlopen(f"{url}/crl", timeout=10) as response:  # noqa: S310
        found = x509.load_der_x509_crl(response.read())
    issuing = x509.load_pem_x509_certificate((pki.home / "authorities/issuing.pem").read_bytes())
    assert found.is_signature_valid(issuing.public_key())  # type: ignore[arg-type]
    asked = subprocess.run(
        [require("openssl"), "ocsp", "-issuer", pki.home / "authorities/issuing.pem", "-CAfile",
         pki.truststore, "-cert", pki.home / "clients/billing.pem", "-url", f"{url}/ocsp"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "billing.pem: good" in asked.stdout
    assert "Response verify OK" in asked.stderr
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{url}/authorities/issuing.key", timeout=10)  # noqa: S310


def test_it_is_a_process_of_the_stack(stack: NativeStack) -> None:
    assert stack.pki in stack._all
    stack.pki.require()
