"""What is asked of callers beside a certificate: whose tokens count, how often each may call."""

from __future__ import annotations

from collections.abc import Iterator

from service import throttle_settings, token_settings
from service.config import Config, InvalidConfiguration

from .function import environment
from .made import Made
from .promises import Twin, promise

_VARIABLES = "ApiFunction.Properties.Environment.Variables"
_TOKENS = {"TOKEN_ISSUER": "TokenIssuer", "TOKEN_AUDIENCE": "TokenAudience"}
_TOKENS |= {"TOKEN_JWKS": "TokenJwks"}
_LIMIT = {"CLIENT_RATE": "ClientRate", "CLIENT_BURST": "ClientBurst"}
#: A registration counts as it is: on AWS no proxy needs to know how much it may give.
_MOST = {"CLIENT_RATE_MOST": "99999/s", "CLIENT_BURST_MOST": "99999"}


@promise(
    Twin("no issuer", {f"{_VARIABLES}.TOKEN_ISSUER": None}, "tokens"),
    Twin("no audience", {f"{_VARIABLES}.TOKEN_AUDIENCE": ""}, "tokens"),
    Twin("no keys", {f"{_VARIABLES}.TOKEN_JWKS.Fn::If.0": "Alarms"}, "tokens"),
    Twin(
        "for the issuer itself",
        {f"{_VARIABLES}.TOKEN_AUDIENCE.Fn::If.1": {"Ref": "TokenIssuer"}},
        "all at once",
    ),
    Twin("keys in a file", {f"{_VARIABLES}.TOKEN_JWKS": "/tmp/jwks.json"}, "tokens"),  # noqa: S108
    Twin(
        "keys of somebody else",
        {f"{_VARIABLES}.TOKEN_JWKS.Fn::If.1": "https://other.example/"},
        "all at once",
    ),
    Twin("weak signatures", {f"{_VARIABLES}.TOKEN_ALGORITHMS": "RS256"}, "tokens"),
    Twin(
        "of somebody, asked for by nobody",
        {f"{_VARIABLES}.{name}.Fn::If.2": "https://x.example/" for name in _TOKENS},
    ),
)
def tokens_count_as_asked(made: Made) -> Iterator[str]:
    try:
        found = Config.from_env(environment(made)).tokens
    except InvalidConfiguration as faults:
        yield str(faults)
        return
    wrong: list[str] = []
    given = {variable: made.parameters[name] for variable, name in _TOKENS.items()}
    wanted = token_settings.read(given, wrong)
    if found != wanted or wrong:
        yield f"{found}, expected {wanted}"


@promise(
    Twin("no rate", {f"{_VARIABLES}.CLIENT_RATE": None}, "limit"),
    Twin("another rate", {f"{_VARIABLES}.CLIENT_RATE": "1/s"}, "all at once"),
    Twin("no burst", {f"{_VARIABLES}.CLIENT_BURST.Fn::If.0": "Alarms"}, "limit"),
    Twin("no limit", {f"{_VARIABLES}.{name}": "" for name in (*_LIMIT, *_MOST)}, "limit"),
    Twin("the stage's", {f"{_VARIABLES}.CLIENT_BURST.Fn::If.1.Ref": "ThrottleBurst"}, "limit"),
    Twin("registrations cut", {f"{_VARIABLES}.CLIENT_RATE_MOST": None}, "limit"),
    Twin("their bursts cut", {f"{_VARIABLES}.CLIENT_BURST_MOST.Fn::If.1": "40"}, "all at once"),
    Twin(
        "asked for by nobody",
        {
            f"{_VARIABLES}.CLIENT_RATE.Fn::If.2": "20/s",
            f"{_VARIABLES}.CLIENT_BURST.Fn::If.2": "40",
        },
    ),
)
def each_client_may_call_as_often_as_asked(made: Made) -> Iterator[str]:
    try:
        found = Config.from_env(environment(made)).throttle
    except InvalidConfiguration as faults:
        yield str(faults)
        return
    given = {variable: made.parameters[name] for variable, name in _LIMIT.items()}
    wrong: list[str] = []
    wanted = throttle_settings.read({**given, **_MOST} if any(given.values()) else {}, wrong)
    if found != wanted or wrong:
        yield f"{found}, expected {wanted}"


@promise(
    Twin("named in vain", {f"{_VARIABLES}.TOKEN_JWKS.Fn::If.2": ""}),
    Twin("a most of nothing", {f"{_VARIABLES}.CLIENT_RATE_MOST.Fn::If.2": ""}, "tokens"),
    Twin("a limit of nothing", {f"{_VARIABLES}.CLIENT_BURST.Fn::If.0": "TakesTokens"}, "tokens"),
)
def nothing_is_named_that_is_not_asked_for(made: Made) -> Iterator[str]:
    """The names alone would not fit into Lambda's 4 KB beside the longest lists."""
    named = set(environment(made))
    for first, variables in (("TokenIssuer", _TOKENS), ("ClientRate", {*_LIMIT, *_MOST})):
        wanted = set(variables) if made.parameters[first] else set()
        if named & set(variables) != wanted:
            yield f"{sorted(named & set(variables))} are set, expected {sorted(wanted)}"
