"""Where in a DynamoDB table a registration is kept.

pk                      sk                    what
clients                 ID                    the client: body, version, entries, last_seen
organization#NAME       ID                    that it is one of the organization's
audit#ID                number                one change: at, actor, action, before, after
KIND#place              claim#…               a matcher's: client, body, so that one lookup finds it
KIND#place              guard                 revision, and the claims that were made last

All matchers that might overlap are at one place: those of one value, whoever the issuer, or, of
URIs, those of one authority (RFC 3986, 3.2). A change that adds some is made only if the place's
guard is as it was when the others were looked at.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

from .dynamodb_table import Condition, Key
from .matcher import Key as MatcherKey
from .matcher import Matcher, above

CLIENTS = "clients"
GUARD = "guard"
_URI_KINDS = frozenset({"uri", "uri-prefix"})
#: Characters of a URI in sk, of which AWS takes 1024 octets.
_SHOWN = 900


def client(id_: str) -> Key:
    """Return where the client is."""
    return CLIENTS, id_


def member(organization: str, id_: str) -> Key:
    """Return where it is said that the client is the organization's."""
    return f"organization#{organization}", id_


def entry(id_: str, number: int) -> Key:
    """Return where the client's change of that *number* is."""
    return f"audit#{id_}", f"{number:012d}"


def claim(key: MatcherKey) -> Key:
    """Return where the matcher with that *key* is."""
    kind, value, issuer = key
    digest = _digest(kind, value, issuer)[:32]
    return _place(kind, value), f"{_shown(kind, value)}#{digest}"


def claims(matchers: Iterable[Matcher]) -> set[Key]:
    """Return where *matchers* are."""
    return {claim(one.key) for one in matchers}


def guard(pk: str) -> Key:
    """Return where the guard of a place is."""
    return pk, GUARD


def near(matcher: Matcher) -> Iterator[Condition]:
    """Yield what sk is like of all at *matcher*'s place that may overlap with it."""
    kind, value, _ = matcher.key
    if kind == "uri-prefix":
        yield _begins(_shown(kind, value))
    else:
        yield _begins(f"{_shown(kind, value)}#")
    if kind in _URI_KINDS:
        for prefix in above(matcher):
            yield _begins(f"{_shown('uri-prefix', prefix)}#")


def _begins(text: str) -> Condition:
    return Condition("begins_with(#sk, :begins)", {"begins": text})


def _shown(kind: str, value: str) -> str:
    _, rest = _split(value) if kind in _URI_KINDS else ("", "")
    return f"claim#{rest[:_SHOWN]}"


def _place(kind: str, value: str) -> str:
    if kind in _URI_KINDS:
        authority, _ = _split(value)
        return f"uri#{_digest(authority)}"
    return f"{kind}#{_digest(value)}"


def _split(uri: str) -> tuple[str, str]:
    """*uri* before and behind its path's first "/"; all of it, where it has no authority."""
    scheme, has_authority, place = uri.partition("://")
    host, slash, path = place.partition("/")
    return (f"{scheme}://{host}/", path) if has_authority and slash else (uri, "")


def _digest(*words: str) -> str:
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()
