"""decide() and the running fronts say the same of a certificate, for every pair that there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pki.acceptance import Accepted, Front, Verdict, decide
from tests.conftest import Pki
from tests.parity import decisions, running
from tests.parity.decisions import ACCEPTED, BY_THE_SERVICE, CLOSED, REFUSED, Pair, Said
from tests.parity.differences import DIFFERENCES

CASES = {row.id: row.cases for row in DIFFERENCES if row.cases}


@pytest.fixture(scope="module")
def service() -> Iterator[Path]:
    with running.folder() as folder, running.service(folder) as path:
        yield path


@pytest.fixture(scope="module")
def pairs() -> Mapping[str, Pair]:
    return {pair.name: pair for pair in decisions.pairs()}


@pytest.fixture(scope="module")
def said(
    pki: Pki, service: Path, pairs: Mapping[str, Pair], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, tuple[Said, Said]]:
    """What 9443 and 8443 said; one stack a truststore."""
    found = {}
    folder = tmp_path_factory.mktemp("clients")
    for truststore, group in decisions.by_truststore(pairs.values()).items():
        with decisions.fronts(pki, service, truststore) as both:
            for pair in group:
                files = decisions.presented(pair.client, folder)
                if files is not None:
                    found[pair.name] = both.api_gateway(files), both.alb(files)
    return found


def verdict(pair: Pair, front: Front, *, all_known: bool = True) -> Verdict:
    """*all_known*: decide() hears of what was sent beside the leaf; nginx tells the gateway not."""
    sent = [holder.certificate for holder in pair.client.sent] if all_known else []
    truststore = [holder.certificate for holder in pair.client.truststore]
    leaf = pair.client.holder.certificate
    return decide(leaf, sent, truststore, front=front, now=datetime.now(UTC))


def words(found: Verdict) -> str:
    """As the gateway logs them."""
    if isinstance(found, Accepted):
        return ""
    return f"{found.aws} ({found.because})" if found.aws else found.because


def without_times(reason: str) -> str:
    return reason.partition(", now it is")[0]


def test_there_are_forty_pairs_and_more_right_and_wrong(
    said: Mapping[str, tuple[Said, Said]], pairs: Mapping[str, Pair]
) -> None:
    assert len(said) >= 90
    for front in (0, 1):
        accepted = [name for name in said if pairs[name].codes[front] == ""]
        assert 20 <= len(accepted) <= len(said) - 20


def test_decide_gives_the_documented_codes(pairs: Mapping[str, Pair]) -> None:
    for pair in pairs.values():
        found = [verdict(pair, front) for front in ("api-gateway", "alb")]
        codes = tuple("" if isinstance(v, Accepted) else v.code for v in found)
        assert codes == pair.codes, pair.name


def test_9443_says_what_decide_says_and_logs_the_reason(
    said: Mapping[str, tuple[Said, Said]], pairs: Mapping[str, Pair]
) -> None:
    disagree, closed = {}, set()
    for name, (got, _) in said.items():
        found = verdict(pairs[name], "api-gateway", all_known=False)
        outcome = ACCEPTED if isinstance(found, Accepted) else REFUSED
        wanted = outcome, without_times(words(found))
        if got.outcome == CLOSED and outcome == REFUSED:
            closed.add(name)
        elif (got.outcome, without_times(got.reason)) != wanted:
            disagree[name] = (got, wanted)
    assert disagree == {}
    assert closed == CASES["curves"]


def test_8443_says_what_decide_says_but_for_what_nginx_cannot_tell(
    said: Mapping[str, tuple[Said, Said]], pairs: Mapping[str, Pair]
) -> None:
    disagree: dict[str, set[str]] = {ACCEPTED: set(), BY_THE_SERVICE: set(), REFUSED: set()}
    for name, (_, got) in said.items():
        found = verdict(pairs[name], "alb")
        if got.outcome != (ACCEPTED if isinstance(found, Accepted) else REFUSED):
            disagree[got.outcome].add(name)
    assert disagree == {
        ACCEPTED: CASES["nginx-takes"],
        BY_THE_SERVICE: CASES["service-refuses"],
        REFUSED: set(),
    }


def test_what_the_service_refuses_in_nginxs_place_has_a_name(
    said: Mapping[str, tuple[Said, Said]],
) -> None:
    reasons = {said[name][1].reason for name in CASES["service-refuses"]}
    assert reasons == {"certificate-malformed", "certificate-untrusted"}
