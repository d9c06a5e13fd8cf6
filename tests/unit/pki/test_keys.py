"""Keys are never overwritten, by nobody."""

import os
import stat
from pathlib import Path

import pytest

from pki import keys, staging
from pki.errors import PkiError
from tests.unit.pki.folder import made


def test_a_key_is_written_once_and_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    before = os.umask(0)
    try:
        keys.write(path, b"first")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        keys.write(path, b"second")
    assert path.read_bytes() == b"first"


def test_a_key_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        keys.write(tmp_path / "link", b"key")
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_that_appears_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pki = made(tmp_path)
    publish = staging.publish

    def late(home: Path, folder: Path) -> None:
        (home / "clients/a.key").write_bytes(b"somebody else's")
        publish(home, folder)

    with monkeypatch.context() as patched:
        patched.setattr(staging, "publish", late)
        assert "never overwritten" in pki.refused("issue", "client", "a")
    assert (pki.home / "clients/a.key").read_bytes() == b"somebody else's"
    (pki.home / "clients/a.key").unlink()
    pki.done("issue", "client", "a")
    pki.assert_consistent()


def test_an_unknown_key_type_is_refused() -> None:
    with pytest.raises(PkiError, match="ec-p521"):
        keys.generate("ec-p521")
