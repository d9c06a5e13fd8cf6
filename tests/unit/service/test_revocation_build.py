"""One look at the sources after another: what stays in force, and what is told."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from service.certificate import comparable
from service.revocation import build
from service.revocation.build import refresh
from service.revocation.file import IndexFile
from tests import builders, crls
from tests.crls import NOW, Entry
from tests.unit.service.revoking import CA, OTHER, World

TWIN = builders.authority()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_a_file_revokes_is_revoked(world: World) -> None:
    assert world.check(5) == "unknown"
    world.publish(crls.crl(CA, [5]))
    assert world.look() == []
    assert [world.check(n) for n in (5, 6)] == ["revoked", "good"]


def test_nothing_new_is_nothing_written(world: World) -> None:
    world.publish(crls.crl(CA, [5]))
    world.look()
    version = world.file.version()
    assert world.look() == []
    assert world.file.version() == version
    world.source.write_bytes(world.source.read_bytes())  # another date, the same CRL
    assert world.look() == []
    assert world.check(5) == "revoked"


@pytest.mark.parametrize(
    ("number", "moved", "status"),
    [
        (2, HOUR, "good"),
        (2, -HOUR, "good"),  # numbers order them, whatever the clock said
        (2**100, HOUR, "good"),
        (1, HOUR, "good"),
        (1, timedelta(0), "revoked"),  # the same one
        (1, -HOUR, "rolled back"),
        (0, HOUR, "rolled back"),
        (None, HOUR, "rolled back"),
    ],
)
def test_a_number_never_falls(
    world: World, number: int | None, moved: timedelta, status: str
) -> None:
    """The first CRL revokes 5, the next one does not."""
    issued = NOW - 3 * HOUR
    world.publish(crls.crl(CA, [5], number=1, this_update=issued))
    world.look()
    world.publish(crls.crl(CA, [], number=number, this_update=issued + moved))
    problems = world.look()
    assert world.check(5) == ("good" if status == "good" else "revoked")
    assert len(problems) == (status == "rolled back")
    assert all("rejected" in problem for problem in problems)


def test_without_numbers_the_date_orders(world: World) -> None:
    for number, hours, status in (
        (None, 5, "revoked"),
        (None, 6, "revoked"),
        (None, 4, "good"),
        (1, 5, "good"),
        (None, 1, "good"),
    ):
        revoked = [5] if hours == 5 and number is None else []
        world.publish(crls.crl(CA, revoked, number=number, this_update=NOW - hours * HOUR))
        world.look()
        assert world.check(5) == status


def test_a_rolled_back_crl_is_remembered_through_a_new_process(world: World) -> None:
    world.publish(crls.crl(CA, [5], number=7))
    world.look()
    world.file = IndexFile.of(world.file.folder, "")
    world.publish(crls.crl(CA, [], number=6))
    (problem,) = world.look()
    assert "its number is 6, the last one had 7" in problem
    assert world.check(5) == "revoked"


def test_a_source_that_is_down_for_hours_is_told_and_then_the_policy_decides(world: World) -> None:
    world.publish(crls.crl(CA, [5], next_update=NOW + 4 * HOUR))
    world.look()
    world.source.unlink()
    for hours, good, revoked in ((1, "good", "revoked"), (4, "good", "revoked")):
        (problem,) = world.look(NOW + hours * HOUR)
        assert "crl.pem" in problem
        now = NOW + hours * HOUR
        assert [world.check(n, now=now) for n in (6, 5)] == [good, revoked]
    late = NOW + 5 * HOUR
    world.look(late)
    assert [world.check(n, now=late) for n in (6, 5)] == ["unknown", "revoked"]
    world.settings = world.with_(grace=HOUR)
    assert "within grace" in world.check(6, now=late)
    assert world.check(5, now=late) == "revoked"
    assert world.check(6, now=late + timedelta(seconds=1)) == "unknown"
    world.publish(crls.crl(CA, [], number=2, this_update=late, next_update=late + DAY))
    assert world.look(late) == []
    assert [world.check(n, now=late) for n in (6, 5)] == ["good", "good"]


def test_an_expired_crl_is_no_news_unless_grace_says_so(world: World) -> None:
    world.publish(crls.crl(CA, [5], next_update=NOW - HOUR))
    (problem,) = world.look()
    assert "expired" in problem
    assert world.check(5) == "unknown"
    world.settings = world.with_(grace=HOUR)
    assert world.look() == []
    assert world.check(5) == "revoked"
    assert "within grace" in world.check(6)


def test_an_issuer_whose_crl_was_forgotten_is_not_passed_over(world: World) -> None:
    world.trust(CA, OTHER, TWIN)
    world.publish(crls.crl(CA, [5]))
    world.look()
    assert [world.check(6, holder) for holder in (CA, OTHER, TWIN)] == ["good", *["unknown"] * 2]
    exempt = frozenset({comparable(OTHER.certificate.subject)})
    world.settings = world.with_(exempt=exempt)
    assert "exempt" in world.check(6, OTHER)
    assert world.check(5) == "revoked"


def test_a_wrong_crl_does_not_spoil_the_right_ones_beside_it(world: World) -> None:
    world.trust(CA, OTHER)
    forged = crls.crl(OTHER, [6], key=CA.key)
    world.publish(crls.crl(CA, [5]), forged, crls.crl(OTHER, [7]))
    (problem,) = world.look()
    assert "did not sign" in problem
    assert [world.check(n, OTHER) for n in (6, 7)] == ["good", "revoked"]
    assert world.check(5) == "revoked"
    assert len(world.look()) == 1  # told again: nobody has mended it


def test_of_two_sources_the_newer_crl_counts(world: World, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror.crl"
    mirror.write_bytes(crls.crl(CA, [], number=1))
    world.settings = world.with_(str(mirror))
    world.publish(crls.crl(CA, [5], number=2))
    (problem,) = world.look()
    assert "mirror.crl" in problem
    assert world.check(5) == "revoked"


def test_a_torn_index_is_built_anew_and_never_believed(world: World) -> None:
    world.publish(crls.crl(CA, [5]))
    world.look()
    path = world.file.folder / "index"
    whole = path.read_bytes()
    for torn in (b"", whole[:40], whole[:-1], whole[:-4] + b"torn"):
        path.write_bytes(torn)
        (problem,) = world.look()
        assert "broken" in problem
        assert world.check(5) == "revoked"
        assert world.look() == []


def test_not_twice_what_another_process_has_just_done(world: World) -> None:
    began = NOW.timestamp() - 100
    assert refresh(world.settings, world.file, NOW, began) is not None
    assert refresh(world.settings, world.file, NOW, began) is None
    assert refresh(world.settings, world.file, NOW, NOW.timestamp() + 10_000) is not None


def test_it_runs_as_a_process_of_its_own(world: World) -> None:
    world.publish(crls.crl(CA, [Entry(5, 1)]), crls.crl(OTHER))
    asked = {
        "sources": world.settings.sources,
        "truststore": [str(world.truststore)],
        "folder": str(world.file.folder),
        "grace": 0,
        "unless_since": 0,
    }
    command = [sys.executable, "-m", "service.revocation.build"]
    done = subprocess.run(
        command, input=json.dumps(asked), cwd=ROOT, capture_output=True, text=True, check=True
    )
    (problem,) = json.loads(done.stdout)
    assert "not in the truststore" in problem
    assert done.stderr == ""
    assert world.check(5) == "revoked"


def test_main_in_this_process(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"sources": [], "truststore": [str(world.truststore)], "grace": 0, "unless_since": 0}
    asked["folder"] = str(world.file.folder)
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(asked)))
    assert build.main() == 0
    assert world.file.open().blocks == ()


def test_a_leaf_whose_issuer_cannot_be_found_is_unknown(world: World) -> None:
    world.publish(crls.crl(CA))
    world.look()
    impostor = builders.authority(subject=CA.certificate.subject.rfc4514_string())
    assert world.check(6, impostor) == "unknown"
