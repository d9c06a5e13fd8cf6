"""PKCS#12 of the PKI in the stores of Firefox and Chromium, and both ask with it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from stack.native import NativeStack
from tests import builders
from tests.builders import Files
from tests.conftest import Pki, require
from tests.e2e import wire

ROOT_NAME = "Example Root CA - Example"
STRANGER = "client"  # the name that write_p12 gives it
SECRET = "secret"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@dataclass(frozen=True)
class Nss:
    """A home, with the database that Chromium looks for in it."""

    home: Path

    @property
    def database(self) -> tuple[str, str]:
        return "-d", f"sql:{self.home}/.pki/nssdb"

    def done(self, program: str, *words: str | Path) -> str:
        """The output of one of NSS's tools, which must succeed."""
        command = [require(program), *self.database, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def take(self, p12: Path) -> None:
        self.done("pk12util", "-i", p12, "-W", SECRET)


@pytest.fixture
def nss(pki: Pki, tmp_path: Path) -> Nss:
    """It trusts the PKI's servers, and has no key."""
    made = Nss(tmp_path)
    (tmp_path / ".pki/nssdb").mkdir(parents=True)
    made.done("certutil", "-N", "--empty-password")
    root = tmp_path / "root.pem"
    root.write_bytes(pki.ca.read_bytes())
    made.done("certutil", "-A", "-n", ROOT_NAME, "-t", "C,,", "-a", "-i", root)
    return made


@pytest.fixture(params=["aes-256"])
def p12(request: pytest.FixtureRequest, pki: Pki, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That of the client nelly-aes-256 or nelly-3des."""
    monkeypatch.setenv("PKI_P12_PASSPHRASE", SECRET)
    file = pki.home / f"clients/nelly-{request.param}.p12"
    if not file.exists():
        words = ("--p12", "--p12-encryption", request.param)
        pki.run("issue", "client", file.stem, *words)
    return file


@pytest.fixture
def strangers_p12(stranger: Files, tmp_path: Path) -> Path:
    holder = builders.read(stranger.pem, stranger.key)
    return builders.write_p12(tmp_path / "stranger.p12", holder, SECRET)


@pytest.mark.parametrize("p12", ["aes-256", "3des"], indirect=True)
@pytest.mark.parametrize("version", ["tls1.2", "tls1.3"])
def test_nss_asks_with_it(
    stack: NativeStack, nss: Nss, p12: Path, strangers_p12: Path, version: str
) -> None:
    """tstclnt is NSS's own client: the TLS, the certificates and the keys of Firefox."""
    request = nss.home / "request"
    request.write_bytes(wire.WHOAMI)
    nss.take(p12)
    nss.take(strangers_p12)

    def ask(nickname: str) -> str:
        where = ("-4", "-h", "localhost", "-p", str(stack.settings.alb_port))
        command = [require("tstclnt"), *nss.database, "-n", nickname, *where]
        # From a file: at the end of its standard input it waits for ever.
        command += ["-V", f"{version}:{version}", "-A", str(request)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False
        ).stdout

    good = ask(p12.stem)
    assert good.startswith("HTTP/1.1 200 OK")
    assert f"spiffe://example.org/{p12.stem}" in good
    assert ask(STRANGER) == ""


def browse(nss: Nss, url: str) -> str:
    """The page at *url* as Chromium shows it, with the only certificate that fits."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None) or require(BROWSERS[0])
    profile = nss.home / "profile"
    (profile / "Default").mkdir(parents=True, exist_ok=True)
    # Otherwise it asks which certificate to send, and nobody answers. As the policy
    # AutoSelectCertificateForUrls, which could be set for the whole machine alone.
    chosen = json.dumps({"pattern": url.rpartition("/")[0], "filter": {}})
    preferences = {"profile": {"managed_auto_select_certificate_for_urls": [chosen]}}
    (profile / "Default/Preferences").write_text(json.dumps(preferences))
    process = subprocess.Popen(
        [browser, *QUIET, f"--user-data-dir={profile}", "--dump-dom", url],
        env={"PATH": os.environ["PATH"], "HOME": str(nss.home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        return process.communicate(timeout=120)[0]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(("front", "refused"), [("alb", ""), ("api-gateway", "Forbidden")])
def test_chromium_asks_with_it(
    stack: NativeStack, nss: Nss, p12: Path, strangers_p12: Path, front: str, refused: str
) -> None:
    """ALB closes the connection: there is no page."""
    url = f"{stack.settings.urls[front]}/whoami"
    nss.take(strangers_p12)
    page = browse(nss, url)
    assert refused in page
    assert "spiffe" not in page
    # Of the keys that it finds it would take any.
    nss.done("certutil", "-F", "-n", STRANGER)
    nss.take(p12)
    assert f"spiffe://example.org/{p12.stem}" in browse(nss, url)
