"""The object in S3 that has the CRLs: what is there, and what it becomes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from pki import crl
from pki.findings import Finding, Severity

from . import s3_object
from .account import Account
from .crl_check import LARGEST, Crl, against, identity, name
from .errors import AwsRefused, asking
from .pin import Place
from .versions import UNVERSIONED, Overtaken

_NOT_THERE = ("NoSuchKey", "404")


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies at a place; etag: None = nothing; crls: None = something that is no CRL."""

    content: bytes = b""
    etag: str | None = None
    version: str = ""  #: "" where the bucket keeps none
    crls: Sequence[Crl] | None = ()


def read(account: Account, place: Place) -> Stored:
    """Return what lies at *place*, which must be in a bucket of this account."""
    try:
        with asking(f"read {place.uri}", "s3:GetObject"):
            answer = account.client("s3").get_object(**_named(account, place))
            content: bytes = answer["Body"].read(LARGEST + 1)
    except AwsRefused as refused:
        if refused.code in _NOT_THERE:
            return Stored()
        raise
    return Stored(content, answer["ETag"], _version(answer), crl.parse_all(content))


def merged(given: Sequence[Crl], content: bytes, stored: Stored) -> bytes:
    """Return what is to lie there: *given*, in the file's *content*, and those of other CAs."""
    ours = {identity(one) for one in given}
    others = [one for one in stored.crls or () if identity(one) not in ours]
    if not others:
        return content
    return pem([*others, *given])


def pem(crls: Sequence[Crl]) -> bytes:
    """Return them as PEM."""
    return b"".join(one.public_bytes(Encoding.PEM) for one in crls)


def findings(given: Sequence[Crl], stored: Stored, place: Place) -> Iterator[Finding]:
    """Yield why *given* must not be put there: it is older, or something else lies there."""
    if stored.crls is None:
        said = f"what lies at {place.uri} is no CRL, and would be lost"
        hint = "choose another place, or take that away: aws s3 rm " + place.uri
        yield Finding(Severity.ERROR, "crl.other-object", said, hint, place.uri)
        return
    for one in given:
        for before in stored.crls:
            if identity(one) == identity(before):
                yield from against(one, before)


def put(account: Account, place: Place, content: bytes, stored: Stored) -> str:
    """Put *content* there, in the place of *stored*, and return its version ("" = none is kept).

    Overtaken if something else lies there by now.
    """
    try:
        with asking(f"write {place.uri}", "s3:PutObject"):
            answer = s3_object.put(
                account.client("s3"),
                _named(account, place),
                content,
                stored.etag,
                ContentType="application/pkix-crl"
                if content[:1] == b"\x30"
                else "application/x-pem-file",
            )
    except AwsRefused as refused:
        if refused.code not in s3_object.OVERTAKEN:
            raise
        there = read(account, place)
        if there.content == content:  # it is ours: the answer was lost
            return there.version
        raise Overtaken(
            f"somebody else put something at {place.uri} meanwhile", "type the same again"
        ) from refused
    return _version(answer)


def names(crls: Sequence[Crl]) -> str:
    """Return whose they are."""
    return "; ".join(map(name, crls))


def _named(account: Account, place: Place) -> dict[str, str]:
    return {"Bucket": place.bucket, "Key": place.key, "ExpectedBucketOwner": account.number}


def _version(answer: object) -> str:
    version = str(answer.get("VersionId", "")) if isinstance(answer, dict) else ""
    return "" if version in UNVERSIONED else version
