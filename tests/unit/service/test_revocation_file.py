"""The index as a file: exchanged while it is asked, swept, mapped; and a million entries."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.certificate import ClientCertificate
from service.revocation.check import Revocation
from service.revocation.file import IndexFile, UnusableFolder
from service.revocation.index import BrokenIndex
from service.revocation.refresh import Refresher
from service.revocation.settings import RevocationSettings
from stack.settings import ROOT
from tests import builders, crls
from tests.crls import NOW
from tests.unit.service.test_revocation import CA, WHOLE, packed, reason


def test_a_file_takes_the_place_of_another_and_the_old_one_can_still_be_read(
    tmp_path: Path,
) -> None:
    file = IndexFile.of(tmp_path / "index", "")
    assert file.version() is None
    with pytest.raises(BrokenIndex):
        file.open()
    file.write([packed((CA, [5]))])
    old, version = file.open(), file.version()
    file.write([packed((CA, [6]))])
    assert file.version() != version
    assert [reason(old, CA, n) for n in (5, 6)] == [0, None]
    assert [reason(file.open(), CA, n) for n in (5, 6)] == [None, 0]


def test_what_a_killed_writer_left_is_swept_away(tmp_path: Path) -> None:
    file = IndexFile.of(tmp_path, "")
    (tmp_path / "new-x").write_bytes(b"x")
    file.write([WHOLE])
    with file.locked():
        assert sorted(path.name for path in tmp_path.iterdir()) == ["index", "lock"]


def test_a_write_that_fails_leaves_what_was(tmp_path: Path) -> None:
    file = IndexFile.of(tmp_path, "")
    file.write([WHOLE])

    def pieces() -> Iterator[bytes]:
        yield b"half of it"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        file.write(pieces())
    assert file.open().tags == {"a": "b"}
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_the_folder_has_to_be_ours_alone(tmp_path: Path) -> None:
    assert IndexFile.of(tmp_path / "new" / "folder", "").folder.stat().st_mode & 0o777 == 0o700
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path / "new")
    (tmp_path / "file").touch()
    for name in ("open", "link", "file", "file/below"):
        with pytest.raises(UnusableFolder):
            IndexFile.of(tmp_path / name, "")


def test_an_exchange_under_load_is_never_seen(tmp_path: Path) -> None:
    """Serial 5 is always revoked, 7 never, and nobody gets an exception."""
    constant = [5, *(n << 90 for n in range(1, 2000))]
    files = [packed((CA, [*constant, extra])) for extra in (11, 13)]
    file = IndexFile.of(tmp_path, "")
    file.write([files[0]])
    revocation = Revocation(RevocationSettings((), ()))
    revocation.put_in_force(file.open())
    wrong: list[object] = []
    done = threading.Event()
    leaves = {n: builders.leaf(issuer=CA, serial_number=n).certificate for n in (5, 7)}
    clients = {n: ClientCertificate.from_certificate(leaf) for n, leaf in leaves.items()}

    def ask() -> None:
        while not done.is_set():
            for serial, leaf in leaves.items():
                try:
                    revocation.check(clients[serial], leaf, NOW)
                    said: object = False
                except Exception as error:  # noqa: BLE001
                    said = str(error) == "revoked: unspecified" or repr(error)
                if said is not (serial == 5):
                    wrong.append(said)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(40):
        file.write([files[number % 2]])
        revocation.put_in_force(file.open())
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


LOOK = """
import resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from service.revocation.refresh import Refresher
from service.revocation.settings import RevocationSettings
source, truststore, folder = sys.argv[1:]
refresher = Refresher(RevocationSettings((source,), (truststore,), Path(folder)), print)
refresher.look(time.time())
print(refresher.revocation.health(datetime.now(UTC)).state)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_a_million_entries_are_built_in_another_process_of_less_than_512_mb(
    tmp_path: Path,
) -> None:
    numbers = random.Random(2)  # noqa: S311
    serials = [1 << 126 | numbers.getrandbits(126) for _ in range(1_000_000)]
    source, truststore = tmp_path / "million.crl", tmp_path / "truststore.pem"
    source.write_bytes(crls.many(CA, serials))
    truststore.write_text(CA.pem)
    # A process of its own: what the tests' own grew to would count for its children too.
    looked = subprocess.run(
        [sys.executable, "-c", LOOK, source, truststore, tmp_path / "index"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    said, state, kilobytes = filter(None, looked.stdout.splitlines())
    assert '"problems": []' in said
    assert state == "fresh"
    assert int(kilobytes) < 512 * 1024
    settings = RevocationSettings((str(source),), (str(truststore),), tmp_path / "index")
    index = Refresher(settings, print).file.open()
    (block,) = index.blocks
    assert block.count == len(serials)
    assert {index.reason(block, serial) for serial in serials[::101]} == {crls.KEY_COMPROMISE}
    assert {index.reason(block, serial + 1) for serial in serials[::101]} == {None}
