"""tests/vectors/certificates: what each front says of each, by decide() and by the command."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509

from pki import presented
from pki.acceptance import Accepted
from pki.explain import FRONTS, explain
from pki.remedies import Whose
from pki.steps import Case
from tests.unit.pki.folder import Pki
from tests.unit.pki.make_certificates import FOLDER, PAIRS, file_name

FILES = sorted(FOLDER.glob("*.pem"))


@dataclass(frozen=True)
class Vector:
    """What a file holds and states."""

    expected: dict[str, str]
    at: datetime
    presented: bytes
    truststore: bytes

    @classmethod
    def read(cls, file: Path) -> "Vector":
        head, rest = file.read_text().split("\npresented:\n")
        client, truststore = rest.split("\ntruststore:\n")
        expected = dict(re.findall(r"(?m)^expect: ([a-z-]+) ([a-z-]+)$", head))
        (at,) = re.findall(r"(?m)^at: (.+)$", head)
        return cls(expected, datetime.fromisoformat(at), client.encode(), truststore.encode())


def loaded(pem: bytes) -> list[x509.Certificate]:
    return presented.read(pem, "vector")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_vector_gets_what_it_expects(file: Path, tmp_path: Path) -> None:
    vector = Vector.read(file)
    leaf, *sent = loaded(vector.presented)
    case = Case(leaf, sent, loaded(vector.truststore), FRONTS, vector.at)
    found = explain(case, Whose())
    said = {
        answer.front: "accepted" if isinstance(answer.verdict, Accepted) else answer.verdict.code
        for answer in found.answers
    }
    assert said == vector.expected
    (tmp_path / "client").write_bytes(vector.presented)
    (tmp_path / "truststore").write_bytes(vector.truststore)
    for front, expected in vector.expected.items():
        words = [str(tmp_path / "client"), "--truststore", str(tmp_path / "truststore")]
        result = Pki(tmp_path).run(
            "explain", *words, "--front", front, "--at", vector.at.isoformat()
        )
        assert result.exit_code == (0 if expected == "accepted" else 1)
        assert result.stderr == ""


def test_every_rule_that_is_broken_has_its_twin() -> None:
    assert {file.name for file in FILES} == {file_name(name) for name in (*PAIRS, *PAIRS.values())}
    assert len(FILES) >= 20
    for bad, good in PAIRS.items():
        broken, twin = (Vector.read(FOLDER / file_name(name)) for name in (bad, good))
        assert any(code != "accepted" for code in broken.expected.values())
        better = [twin.expected[front] == "accepted" != broken.expected[front] for front in FRONTS]
        assert any(better), bad
