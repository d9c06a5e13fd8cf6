"""Nobody sees an exception of botocore."""

from __future__ import annotations

import pytest
from botocore import exceptions

from aws.errors import AwsRefused, asking


def client_error(code: str, message: str = "It said no.") -> exceptions.ClientError:
    return exceptions.ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def refusal(error: Exception, action: str = "") -> AwsRefused:
    with pytest.raises(AwsRefused) as refused, asking("read it", action):
        raise error
    return refused.value


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (client_error("AccessDenied"), "cannot read it: It said no (AccessDenied)", "s3:GetObject"),
        (client_error("ExpiredToken"), "(ExpiredToken)", "aws sso login"),
        (client_error("UnrecognizedClientException"), "cannot read it", "aws configure"),
        (client_error("RequestTimeTooSkewed"), "cannot read it", "clock"),
        (client_error("TooManyRequestsException"), "cannot read it", "wait a minute"),
        (client_error("Surprise", ""), "no reason given (Surprise)", "get-caller-identity"),
        (exceptions.NoCredentialsError(), "no AWS credentials", "aws configure"),
        (
            exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "no AWS credentials",
            "aws configure",
        ),
        (exceptions.UnauthorizedSSOTokenError(), "the login at AWS has ended", "aws sso login"),
        (
            exceptions.TokenRetrievalError(provider="sso", error_msg="expired"),
            "the login at AWS has ended",
            "aws sso login",
        ),
        (exceptions.ProfileNotFound(profile="x"), "(x) could not be found", "list-profiles"),
        (exceptions.NoRegionError(), "specify a region", "aws configure set region"),
        (
            exceptions.EndpointConnectionError(endpoint_url="https://x"),
            "cannot reach AWS to read it",
            "online",
        ),
        (
            exceptions.ReadTimeoutError(endpoint_url="https://x"),
            "cannot reach AWS to read it",
            "online",
        ),
        (
            exceptions.ParamValidationError(report="wrong"),
            "cannot read it: Parameter validation failed: wrong",
            "aws configure list",
        ),
    ],
)
def test_what_botocore_raises_is_a_refusal(error: Exception, message: str, hint: str) -> None:
    refused = refusal(error, "s3:GetObject")
    assert message in refused.message
    assert hint in refused.hint
    assert "\n" not in refused.message


def test_only_a_denial_is_one() -> None:
    assert refusal(client_error("AccessDeniedException"), "acm:X").is_denied
    assert refusal(client_error("AccessDenied"), "acm:X").action == "acm:X"
    assert not refusal(client_error("NoSuchKey"), "acm:X").is_denied
    assert not refusal(exceptions.NoCredentialsError(), "acm:X").is_denied


def test_our_own_faults_are_not_hidden() -> None:
    with pytest.raises(KeyError), asking("read it"):
        raise KeyError("ours")
    with asking("read it"):
        pass
