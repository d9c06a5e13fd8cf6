"""What an answer means: API Gateway's own words, ALB's and nginx's, and this service's problems."""

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from .answer import Answer
from .causes import CAUSES
from .conversation import Conversation, End
from .url import Url

_PROBLEM = "urn:problem-type:"
_FORBIDDEN, _BAD_CERTIFICATE = "doctor.http.forbidden", "doctor.http.bad-certificate"
#: x-amzn-ErrorType of gateway responses with 403, or the words in the body where it is missing.
_TYPES: Mapping[str, str] = {
    "MissingAuthenticationTokenException": "no-route",
    "AccessDeniedException": "not-authorized",
    "ForbiddenException": "forbidden",
}
_WORDS: Mapping[str, str] = {
    "Missing Authentication Token": "no-route",
    "User is not authorized": "not-authorized",
    "Forbidden": "forbidden",
}
#: nginx: 495 and 496, which leave as 400 with a page of these words.
_NGINX = (b"SSL certificate error", b"No required SSL certificate was sent")
_STATUSES: Mapping[int, str] = {
    401: "unauthorized",
    404: "not-found",
    429: "throttled",
    495: "bad-certificate",
    496: "bad-certificate",
    502: "bad-gateway",
    503: "unavailable",
    504: "timeout",
}
NO_SUCH_PATH = {"doctor.http.no-route", "doctor.http.not-found"}
#: The answer comes from before the certificate has been looked at, or may.
_UNDECIDED = {
    _FORBIDDEN,
    _BAD_CERTIFICATE,
    "doctor.http.refused",
    "doctor.http.unexpected",
    "doctor.service.certificate-required",
}


def code_of(answer: Answer, url: Url) -> str:
    """Return the code of what is wrong with *answer* to a request of *url*, "" if nothing is."""
    if answer.is_success:
        return ""
    if answer.is_redirect:
        return "doctor.http.redirect" if leads_elsewhere(answer, url) else ""
    slug = str(answer.object.get("type", "")).removeprefix(_PROBLEM)
    if f"doctor.service.{slug}" in CAUSES:
        return f"doctor.service.{slug}"
    return f"doctor.http.{_http(answer)}"


def leads_elsewhere(answer: Answer, url: Url) -> bool:
    """Whether a redirect leaves the origin, where nobody may ask for the certificate."""
    try:
        to = urlsplit(urljoin(f"{url.origin}/", answer.header("location")))
        port = to.port or {"https": 443, "http": 80}.get(to.scheme)
    except ValueError:
        return True
    return (to.scheme, to.hostname, port) != (url.scheme, url.host, url.port)


def is_admitted(met: Conversation) -> bool:
    """Whether the certificate was taken: an answer that only who is let in can get."""
    return met.answer is not None and code_of(met.answer, _NOWHERE) not in _UNDECIDED


def is_refused_by_front(met: Conversation) -> bool:
    """Whether the certificate was not taken, as far as can be told."""
    if met.answer is not None:
        return code_of(met.answer, _NOWHERE) in {_FORBIDDEN, _BAD_CERTIFICATE}
    return bool(met.chain) and met.end in {End.REFUSED, End.CLOSED}


#: Where it does not matter whether a redirect stays.
_NOWHERE = Url("https", "", 443, "")


def _http(answer: Answer) -> str:
    if answer.status == 403:  # noqa: PLR2004
        kind = answer.header("x-amzn-errortype").partition(":")[0]
        if kind in _TYPES:
            return _TYPES[kind]
        return next((code for w, code in _WORDS.items() if answer.message.startswith(w)), "refused")
    if answer.status == 400 and any(words in answer.body for words in _NGINX):  # noqa: PLR2004
        return "bad-certificate"
    if answer.status == 429 and (  # noqa: PLR2004
        answer.header("x-amzn-errortype").startswith("LimitExceeded")
        or answer.message == "Limit Exceeded"
    ):
        return "quota"
    found = _STATUSES.get(answer.status, "")
    return found or ("error" if answer.status >= 500 else "unexpected")  # noqa: PLR2004
