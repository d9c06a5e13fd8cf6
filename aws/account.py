"""Somebody's account at AWS: asked, never told. Every call here only reads."""

from typing import Any

from .errors import AwsRefused, asking

_CONNECT, _READ, _ATTEMPTS = 10, 30, 4


class Account:
    """The session with an account, in one region; *number* is the account's, *arn* ours in it."""

    def __init__(self, session: Any, region: str, number: str, arn: str) -> None:  # noqa: ANN401
        self._session = session
        self.region = region
        self.number = number
        self.arn = arn
        self._clients: dict[tuple[str, int], Any] = {}

    def __str__(self) -> str:
        """Return where this is, for people."""
        return f"{self.region} of account {self.number}"

    def client(self, service: str, attempts: int = _ATTEMPTS) -> Any:  # noqa: ANN401  (of botocore)
        """Return a client of *service* that gives up in time, after so many *attempts*.

        Each is made once: they are slow to make.
        """
        if (service, attempts) not in self._clients:
            made = _client(self._session, service, self.region, attempts)
            self._clients[service, attempts] = made
        return self._clients[service, attempts]


def sign_in(profile: str, region: str) -> Account:
    """Return the account that the credentials of *profile* (or the usual ones) are for.

    AwsRefused without credentials, without a region, or where AWS cannot be reached.
    """
    session = session_of(profile, region)
    with asking("see whose credentials these are", "sts:GetCallerIdentity"):
        identity = _client(session, "sts", session.region_name).get_caller_identity()
    return Account(session, session.region_name, identity["Account"], identity["Arn"])


def session_of(profile: str, region: str) -> Any:  # noqa: ANN401
    """Return a session of boto3 that has a region; nothing is asked of AWS yet."""
    import boto3  # noqa: PLC0415  (slow)

    with asking("use the settings for AWS"):
        session = boto3.Session(profile_name=profile or None, region_name=region or None)
        if not session.region_name:
            raise AwsRefused(
                "no region is set",
                "--region eu-central-1, or: aws configure set region eu-central-1",
            )
    return session


def _client(session: Any, service: str, region: str, attempts: int = _ATTEMPTS) -> Any:  # noqa: ANN401
    from botocore.config import Config  # noqa: PLC0415

    patient = Config(
        connect_timeout=_CONNECT,
        read_timeout=_READ,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    try:
        with asking(f"use {service}"):
            return session.client(service, region_name=region, config=patient)
    except ValueError as error:
        raise AwsRefused(f"cannot use {service}: {error}", "see AWS_ENDPOINT_URL") from error
