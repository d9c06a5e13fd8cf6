"""What AWS or we refuse, with what to type next; the border to botocore."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_LOGIN = "aws sso login (or renew the credentials as you got them)"
_CONFIGURE = "aws configure (or: aws sso login; or set AWS_PROFILE)"
_LATER = "wait a minute, and type it again"
_OFFLINE = "is this machine online? see: aws sts get-caller-identity"
_CLOCK = "set this machine's clock: AWS takes 5 minutes' difference at most"

#: AWS's codes for: you may not. The services disagree on the word.
_DENIED = frozenset(
    {
        *("AccessDenied", "AccessDeniedException", "AuthorizationError", "Forbidden", "403"),
        *("UnauthorizedOperation", "UnauthorizedException", "NotAuthorized"),
    }
)
_HINTS: Mapping[str, str] = {
    "ExpiredToken": _LOGIN,
    "ExpiredTokenException": _LOGIN,
    "InvalidClientTokenId": _CONFIGURE,
    "InvalidAccessKeyId": _CONFIGURE,
    "UnrecognizedClientException": _CONFIGURE,
    "InvalidToken": _CONFIGURE,
    "AuthFailure": _CONFIGURE,
    "SignatureDoesNotMatch": _CONFIGURE,
    "RequestExpired": _CLOCK,
    "RequestTimeTooSkewed": _CLOCK,
    "Throttling": _LATER,
    "ThrottlingException": _LATER,
    "TooManyRequestsException": _LATER,
    "ServiceUnavailable": _LATER,
    "ServiceUnavailableException": _LATER,
    "InternalError": _LATER,
    "InternalFailure": _LATER,
}


class AwsRefused(Exception):
    """A refusal: *message* (lower case, no full stop), *hint* (what to type).

    code: AWS's own, where it was AWS that refused; action: the IAM action that was needed.
    """

    exit_code = 1  #: of the command

    def __init__(self, message: str, hint: str, *, code: str = "", action: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.action = action

    @property
    def is_denied(self) -> bool:
        """Whether these credentials may not do that."""
        return self.code in _DENIED


@contextmanager
def asking(doing: str, action: str = "") -> Iterator[None]:
    """Turn what botocore raises inside into an AwsRefused: cannot *doing*.

    *action* is the IAM action that it takes, such as acm:DescribeCertificate.
    """
    # boto3 is slow to import, and whoever raises one of these has imported it already.
    from botocore import exceptions  # noqa: PLC0415

    try:
        yield
    except exceptions.ClientError as error:
        details = error.response.get("Error", {})
        code = str(details.get("Code", "unknown"))
        said = str(details.get("Message") or "no reason given").rstrip(".")
        hint = _HINTS.get(code, "see who you are: aws sts get-caller-identity")
        if code in _DENIED and action:
            hint = f"ask for the permission {action}"
        message = f"cannot {doing}: {said} ({code})"
        raise AwsRefused(message, hint, code=code, action=action) from error
    except exceptions.BotoCoreError as error:
        raise _from_botocore(doing, error) from error


def _from_botocore(doing: str, error: Exception) -> AwsRefused:
    from botocore import exceptions  # noqa: PLC0415

    no_credentials = (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.NoAuthTokenError,
    )
    no_login = (
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
        exceptions.LoginError,
    )
    said = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, no_credentials):
        return AwsRefused(f"no AWS credentials: {said}", _CONFIGURE)
    if isinstance(error, no_login):
        return AwsRefused(f"the login at AWS has ended: {said}", _LOGIN)
    if isinstance(error, exceptions.ProfileNotFound):
        return AwsRefused(f"cannot {doing}: {said}", "aws configure list-profiles")
    if isinstance(error, exceptions.NoRegionError | exceptions.InvalidRegionError):
        return AwsRefused(f"cannot {doing}: {said}", "aws configure set region eu-central-1")
    if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
        return AwsRefused(f"cannot reach AWS to {doing}: {said}", _OFFLINE)
    return AwsRefused(f"cannot {doing}: {said}", "aws configure list")
