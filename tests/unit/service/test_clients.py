"""/clients: each yes with its no."""

from pathlib import Path

import pytest

from service.registry.registration import Status
from tests.dynamodb import local
from tests.unit.aws import moto_server
from tests.unit.service.registered import (
    CHANGES,
    NEW,
    SETTINGS,
    URI,
    Registered,
    faults,
    problem,
    registration,
)


@pytest.fixture(params=["sqlite", "dynamodb"])
def api(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Registered:
    if request.param == "sqlite":
        return Registered.at(tmp_path / "registry.db")
    url: str = request.getfixturevalue("dynamodb_url")
    for name, value in {
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_DEFAULT_REGION": moto_server.REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return Registered.over(f"dynamodb://{local.make_table(url)}")


def test_a_client_is_registered_read_and_known(api: Registered) -> None:
    made = api.ask("POST", "/clients", NEW)
    assert made.status_code == 201
    assert made.headers["Location"] == "/clients/shipping"
    read = api.ask("GET", "/clients/shipping")
    assert (read.status_code, read.headers["ETag"], read.json) == (200, '"1"', made.json)
    assert read.json is not None
    assert read.json | NEW | {"matchers": read.json["matchers"]} == read.json
    assert (read.json["status"], read.json["last_seen"]) == ("active", None)
    assert read.json["matchers"] == [{"kind": "uri", "value": URI, "issuer": ""}]
    known = api.ask("GET", "/whoami", caller="shipping").json
    assert known is not None
    assert known["client"]["id"] == "shipping"


def test_keys_are_never_shown(api: Registered) -> None:
    api.add(registration("keyed", api_keys=("ab" * 32,)))
    for path in ("/clients", "/clients/keyed", "/clients/keyed/audit"):
        assert b"keyed" in api.ask("GET", path).data
        assert b"abab" not in api.ask("GET", path).data


def test_a_change_keeps_the_keys_and_the_status(api: Registered) -> None:
    api.add(registration("keyed", api_keys=("ab" * 32,), status=Status.SUSPENDED))
    done = api.ask("PUT", "/clients/keyed", SETTINGS, headers={"If-Match": '"1"'})
    assert (done.status_code, done.headers["ETag"]) == (200, '"2"')
    stored = api.store.get("keyed")
    assert (stored.api_keys, stored.status) == (("ab" * 32,), Status.SUSPENDED)
    assert stored.organization == "Ships"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/clients"),
        ("POST", "/clients"),
        ("GET", "/clients/billing"),
        ("PUT", "/clients/billing"),
        ("DELETE", "/clients/billing"),
        ("POST", "/clients/billing/suspend"),
        ("POST", "/clients/billing/resume"),
        ("GET", "/clients/billing/audit"),
        ("GET", "/clients/nobody"),
        ("GET", "/clients/-/usage"),
    ],
)
def test_without_the_scope_nothing_is_told_or_done(api: Registered, method: str, path: str) -> None:
    refused = api.ask(method, path, NEW, caller="billing", headers={"If-Match": '"1"'})
    assert (refused.status_code, problem(refused)) == (403, "insufficient-scope")
    assert b"clients:admin" not in refused.data
    assert api.lines[-1]["because"] == "billing has no clients:admin"
    assert (api.lines[-1]["verdict"], api.lines[-1]["client"]) == ("denied", "billing")
    assert "change" not in api.lines[-1]
    assert api.store.get("billing").version == 1
    assert [one.id for one in api.store.list().items] == ["billing", "root"]


def test_who_is_on_the_lists_alone_is_no_administrator(tmp_path: Path) -> None:
    api = Registered.at(tmp_path / "registry.db", {"ALLOW_URIS": "spiffe://example.org/*"})
    assert api.ask("GET", "/whoami", caller="listed").status_code == 200
    assert problem(api.ask("GET", "/clients", caller="listed")) == "insufficient-scope"


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_a_change_names_the_version_that_it_changes(
    api: Registered, method: str, path: str, body: object
) -> None:
    assert api.ask(method, path, body).status_code == 428
    assert problem(api.ask(method, path, body)) == "precondition-required"
    for tag in ('"2"', 'W/"1"', '"01"', '"0", "3"'):
        late = api.ask(method, path, body, headers={"If-Match": tag})
        assert (late.status_code, problem(late)) == (412, "precondition-failed"), tag
    for odd in ("*", "1", "", '"1', '"1";"2"', "'1'"):
        wrong = api.ask(method, path, body, headers={"If-Match": odd})
        assert (wrong.status_code, faults(wrong)) == (422, [("header", "/If-Match")]), odd
    assert api.store.get("billing").version == 1
    assert len(api.store.audit("billing").items) == 1
    done = api.ask(method, path, body, headers={"If-Match": '"0", "1"'})
    assert done.status_code == (204 if method == "DELETE" else 200)
    assert done.headers.get("ETag") == (None if method == "DELETE" else '"2"')


def test_of_two_changes_of_one_version_the_second_is_refused(api: Registered) -> None:
    tag = {"If-Match": api.ask("GET", "/clients/billing").headers["ETag"]}
    assert api.ask("POST", "/clients/billing/suspend", headers=tag).status_code == 200
    assert api.ask("PUT", "/clients/billing", SETTINGS, headers=tag).status_code == 412
    assert api.store.get("billing").organization == "Example"


def test_a_suspended_client_is_refused_until_it_is_resumed(api: Registered) -> None:
    suspended = api.ask("POST", "/clients/billing/suspend", headers={"If-Match": '"1"'})
    assert suspended.json is not None
    assert suspended.json["status"] == "suspended"
    assert problem(api.ask("GET", "/whoami", caller="billing")) == "client-suspended"
    resumed = api.ask("POST", "/clients/billing/resume", headers={"If-Match": '"2"'})
    assert resumed.json is not None
    assert resumed.json["status"] == "active"


def test_a_deleted_client_leaves_its_audit_trail(api: Registered) -> None:
    assert api.ask("DELETE", "/clients/billing", headers={"If-Match": '"1"'}).data == b""
    assert problem(api.ask("GET", "/clients/billing")) == "not-found"
    trail = api.ask("GET", "/clients/billing/audit").json
    assert trail is not None
    assert [one["action"] for one in trail["items"]] == ["delete", "create"]
    assert [one["actor"] for one in trail["items"]] == ["client:root", "cli:setup"]
    assert trail["items"][0]["before"]["id"] == "billing"
    assert (trail["items"][0]["after"], trail["items"][1]["before"]) == (None, None)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        *((m, p.replace("billing", "nobody"), b) for m, p, b in CHANGES),
        ("GET", "/clients/nobody", None),
        ("GET", "/clients/nobody/audit", None),
    ],
)
def test_of_a_client_that_is_not_there_nothing_is_changed(
    api: Registered, method: str, path: str, body: object
) -> None:
    missing = api.ask(method, path, body, headers={"If-Match": '"1"'})
    assert (missing.status_code, problem(missing)) == (404, "not-found")


def test_lists_come_in_pages(api: Registered) -> None:
    for number in range(5):
        api.add(registration(f"c{number}", organization="C", status=_status(number)))
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.ask("GET", f"/clients?limit=2&cursor={cursor}").json
        assert page is not None
        assert len(page["items"]) <= 2
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == ["billing", "c0", "c1", "c2", "c3", "c4", "root"]
    assert _ids(api, "organization=C") == ["c0", "c1", "c2", "c3", "c4"]
    assert _ids(api, "organization=C&status=suspended") == ["c1", "c3"]
    assert _ids(api, "organization=D") == []


def test_an_audit_trail_comes_in_pages(api: Registered) -> None:
    for version, action in enumerate(["suspend", "resume", "suspend"], 1):
        tag = {"If-Match": f'"{version}"'}
        assert api.ask("POST", f"/clients/billing/{action}", headers=tag).status_code == 200
    first = api.ask("GET", "/clients/billing/audit?limit=3").json
    assert first is not None
    rest = api.ask("GET", f"/clients/billing/audit?limit=3&cursor={first['next']}").json
    assert rest is not None
    actions = [one["action"] for one in (*first["items"], *rest["items"])]
    assert actions == ["suspend", "resume", "suspend", "create"]
    assert rest["next"] is None


def test_an_id_is_given_once(api: Registered) -> None:
    taken = api.ask("POST", "/clients", {**NEW, "id": "billing"})
    assert (taken.status_code, problem(taken), faults(taken)) == (
        409,
        "conflict",
        [("body", "/id")],
    )
    assert api.store.get("billing").organization == "Example"


def test_no_certificate_can_be_two_clients(api: Registered) -> None:
    theirs = {"kind": "uri-prefix", "value": "spiffe://example.org/"}
    matchers = [{"kind": "dns", "value": "a.example"}, theirs]
    tag = {"If-Match": '"1"'}
    for answer in (
        api.ask("POST", "/clients", {**NEW, "matchers": matchers}),
        api.ask("PUT", "/clients/billing", {**SETTINGS, "matchers": matchers}, headers=tag),
    ):
        assert (answer.status_code, problem(answer)) == (409, "conflict")
        assert faults(answer) == [("body", "/matchers/1")]
    assert api.store.get("billing").version == 1


def _status(number: int) -> Status:
    return Status.SUSPENDED if number % 2 else Status.ACTIVE


def _ids(api: Registered, query: str) -> list[str]:
    page = api.ask("GET", f"/clients?{query}").json
    assert page is not None
    return [one["id"] for one in page["items"]]
