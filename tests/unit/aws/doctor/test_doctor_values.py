"""The pure parts: URLs, answers, where DNS leads, and facts that no socket can make."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from aws.doctor.answer import LARGEST_HEAD, NoHttp, read
from aws.doctor.checks import CHECKS, diagnose
from aws.doctor.conversation import Conversation
from aws.doctor.facts import Facts, Question
from aws.doctor.inside import Inside
from aws.doctor.names import Names
from aws.doctor.reach import Reach
from aws.doctor.task import Task
from aws.doctor.url import Url, parse
from pki import tls_client, truststore
from pki.endpoint import Verification
from pki.findings import Finding, Severity
from pki.transcript import Transcript
from tests.unit.aws.doctor.peers import OK, Tls, answering, listening, speaking
from tests.unit.aws.doctor.world import World, codes

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.example.com", Url("https", "api.example.com", 443, "")),
        ("https://api.example.com/", Url("https", "api.example.com", 443, "")),
        ("api.example.com", Url("https", "api.example.com", 443, "")),
        ("localhost:8443", Url("https", "localhost", 8443, "")),
        (
            "HTTPS://Example.COM.:8443/v1?a=b#c",
            Url("https", "example.com", 8443, "/v1?a=b"),
        ),
        ("https://x/?a=b", Url("https", "x", 443, "/?a=b")),
        ("http://x", Url("http", "x", 80, "")),
        ("https://[::1]:1/é", Url("https", "::1", 1, "/%C3%A9")),
        ("https://bücher.example", Url("https", "xn--bcher-kva.example", 443, "")),
        ("https://127.0.0.1/a%20b", Url("https", "127.0.0.1", 443, "/a%20b")),
    ],
)
def test_a_url_is_read(text: str, url: Url) -> None:
    assert parse(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "https://", "ftp://x", "https://x:0", "https://x:65536", "https://x:y", "https://u@x",
        "https://u:p@x", "https://a b", "https://x/\n", "https://x/\x00", "https://[::1", "https://*",
        f"https://{'x' * 64}.example", "https://a..b", "https://x/" + "y" * 9000, "https://a;b",
        "/x",
    ],
)  # fmt: skip
def test_what_is_no_url_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|is no name|[Ii]nvalid"):
        parse(text)


def test_the_authority_of_a_url_names_the_port_that_is_not_usual() -> None:
    assert parse("https://x").authority == "x"
    assert parse("https://x:444").authority == "x:444"
    assert parse("https://[::1]").authority == "[::1]"
    assert parse("https://[::1]").address == "[::1]:443"


def test_an_answer_is_read_as_it_comes() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-A: 1\r\nx-a: 2\r\n\r\nabc"
    for count in range(len(whole)):
        found = read(whole[:count])
        assert found is None or not found.is_whole
    found = read(whole)
    assert found
    assert (found.status, found.body, found.is_whole) == (200, b"abc", True)
    assert found.header("x-a") == "1"
    assert found.header("x-b") == ""


@pytest.mark.parametrize(
    "received",
    [
        b"x",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 99 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * LARGEST_HEAD,
        b"HTTP/1.1 103 x\r\n\r\n" * LARGEST_HEAD,
    ],
)
def test_what_is_no_answer_is_told(received: bytes) -> None:
    with pytest.raises(NoHttp):
        read(received)


@pytest.mark.parametrize(
    ("date", "is_one"),
    [("Sun, 06 Nov 1994 08:49:37 GMT", True), ("yesterday", False), ("", False), ("9" * 99, False)],
)
def test_a_date_that_is_none_is_ignored(date: str, *, is_one: bool) -> None:
    found = read(f"HTTP/1.1 204 x\r\nDate: {date}\r\n\r\n".encode())
    assert found
    assert (found.date is not None) == is_one


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b'{"message": 1}', b"[" * 5000])
def test_a_body_that_says_nothing_is_no_message(body: bytes) -> None:
    found = read(b"HTTP/1.1 403 x\r\n\r\n" + body, is_ended=True)
    assert found
    assert found.message == ""


def outside(**more: Any) -> Facts:
    names = Names("api.example.com", ("192.0.2.1", "192.0.2.2"), "api.example.com")
    return Facts(Question(parse("https://api.example.com"), NOW), names=names, **more)


REGIONAL = "d-a.execute-api.eu-central-1.amazonaws.com"


@pytest.mark.parametrize(
    ("canonical", "target", "found"),
    [
        (REGIONAL, Names(REGIONAL, ("198.51.100.9",), REGIONAL), []),
        ("api.example.com", Names(REGIONAL, ("192.0.2.2", "192.0.2.7"), REGIONAL), []),
        ("elsewhere.example", Names(REGIONAL, ("198.51.100.9",), REGIONAL), ["dns.other-target"]),
        ("api.example.com", Names(REGIONAL, ("198.51.100.9",), REGIONAL), ["dns.other-target"]),
        ("api.example.com", Names(REGIONAL, fault="no-name", said="gone"), ["dns.other-target"]),
    ],
)
def test_where_dns_leads_is_held_against_the_regional_name(
    canonical: str, target: Names, found: list[str]
) -> None:
    facts = outside(inside=Inside(target=target))
    assert facts.names
    facts = replace(facts, names=replace(facts.names, canonical=canonical))
    assert codes(diagnose(facts)) == found
    assert codes(diagnose(replace(facts, inside=Inside()))) == []


@pytest.mark.parametrize(
    ("outcomes", "found"),
    [
        (("unreachable",), ["tcp.unreachable"]),
        (("unreachable", "refused"), ["tcp.refused"]),
        (("no-answer", "unreachable"), ["tcp.no-answer"]),
        (("answers", "refused"), ["tcp.some-addresses"]),
        (("no-answer", "answers"), ["tcp.some-addresses"]),
        (("unreachable", "answers"), []),  # a machine without IPv6
        (("answers", "answers"), []),
    ],
)
def test_what_addresses_answer(outcomes: tuple[Any, ...], found: list[str]) -> None:
    reached = [Reach(f"192.0.2.{n}", one, "a reason") for n, one in enumerate(outcomes)]
    assert codes(diagnose(outside(reached=reached))) == found


def test_loopback_listens_on_one_of_its_addresses() -> None:
    reached = [Reach("::1", "refused", "refused"), Reach("127.0.0.1", "answers")]
    assert codes(diagnose(outside(reached=reached))) == []


def test_the_truststore_in_force_goes_before_the_one_that_was_given(world: World) -> None:
    with listening(speaking(Tls(world.server), answering(OK))) as port:
        facts = world.examine(port, trusted=world.ca)
    assert facts.truststore_name == str(world.ca)
    inside = Inside(truststore=truststore.read(world.clients), truststore_name="s3://b/k")
    facts = replace(facts, inside=inside)
    assert facts.truststore == truststore.read(world.clients)
    assert facts.truststore_name == "s3://b/k"


@pytest.mark.parametrize(
    ("chain", "verification", "found"),
    [
        ([None], Verification(), ["server.unreadable"]),
        ([True], Verification(failed="it took too long"), ["server.not-verified"]),
        ([True], Verification(10, "certificate has expired"), ["server.expired"]),
        ([True], Verification(9, "certificate is not yet valid"), ["server.not-yet-valid"]),
        ([True], Verification(62, "hostname mismatch"), ["server.wrong-name"]),
        ([True], Verification(), []),
    ],
)
def test_what_openssl_says_of_a_server(
    world: World, chain: list[Any], verification: Verification, found: list[str]
) -> None:
    (leaf, *_) = truststore.read(world.server.pem)
    shown = [leaf if one else None for one in chain]
    met = Conversation(heard=Transcript("TLSv1.3", shown, authorities=[]))
    assert codes(diagnose(outside(anonymous=met, verification=verification))) == found


def test_what_openssl_says_of_times_is_our_clocks_where_it_is_off(world: World) -> None:
    heard = Transcript("TLSv1.3", list(truststore.read(world.server.pem)), authorities=[])
    answer = read(b"HTTP/1.1 403 x\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n", is_ended=True)
    met = Conversation(heard=heard, answer=answer)
    facts = outside(anonymous=met, verification=Verification(10, "certificate has expired"))
    assert codes(diagnose(facts)) == ["clock.off"]


def test_the_bound_that_is_given_stands_in_place_of_the_usual(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_client, "SECONDS", 0.000_001)
    with listening(speaking(Tls(world.server, world.clients), answering(OK))) as port:
        assert codes(world.diagnose(port)) == []


def test_a_check_may_tell_what_others_have_found() -> None:
    theirs = Finding(Severity.ERROR, "truststore.expired", "a message", "a hint")
    warning = Finding(Severity.WARNING, "bucket.region", "a message", "a hint")
    found = diagnose(outside(), (lambda _: iter([warning, theirs]), *CHECKS))
    assert found == [theirs, warning]


def test_a_task_raises_what_was_raised() -> None:
    def fails() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        Task(fails).result(5)
