"""What AWS answers with a link to is fetched over TLS, or from this machine itself."""

from __future__ import annotations

import pytest

from aws.download import download
from aws.errors import AwsRefused
from tests.conftest import free_port
from tests.unit.aws.publisher_servers import Reply, serving

SECRET = "X-Amz-Signature=do-not-log-me"


def test_it_is_fetched() -> None:
    with serving(free_port(), lambda _: Reply(200, {}, b"x" * 10)) as url:
        assert download("the file", f"{url}/?{SECRET}", 10) == b"x" * 10


@pytest.mark.parametrize(
    "url",
    ["http://bucket.s3.amazonaws.com/", "ftp://127.0.0.2/", "file:///etc/hostname", "nonsense"],
)
def test_not_without_tls(url: str) -> None:
    with pytest.raises(AwsRefused) as caught:
        download("the file", f"{url}?{SECRET}", 10)
    assert SECRET not in caught.value.message + caught.value.hint


def test_not_what_is_too_large() -> None:
    with (
        serving(free_port(), lambda _: Reply(200, {}, b"x" * 11)) as url,
        pytest.raises(AwsRefused, match="the file has more than 10 octets"),
    ):
        download("the file", url, 10)


@pytest.mark.parametrize("reply", [Reply(403, {}, b"expired"), None])
def test_what_cannot_be_had_is_told_without_the_link(reply: Reply | None) -> None:
    with (
        serving(free_port(), lambda _: reply) as url,
        pytest.raises(AwsRefused, match="cannot fetch the file: ") as caught,
    ):
        download("the file", f"{url}/?{SECRET}", 10)
    assert SECRET not in caught.value.message + caught.value.hint
