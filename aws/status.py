"""Everything that AWS says of a custom domain, asked once: at most a dozen calls for one API."""

from collections.abc import Mapping as Table
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from . import certificates, default_endpoint, http_domain, mapping, truststore
from . import domain as domains
from .account import Account
from .default_endpoint import Answer
from .domain import Domain
from .errors import AwsRefused
from .facts import Certificate, Unasked
from .http_domain import HttpDomain
from .mapping import Api, Mapping
from .pin import Place
from .questions import Questions
from .truststore import Checked
from .versions import Version, Versions

_AT_ONCE, _PATIENCE = 8, 5.0  # seconds, for each default endpoint


@dataclass(frozen=True, slots=True)
class Stored:
    """What S3 says of the truststore; None = not asked, or not there.

    is_versioned: whether its bucket keeps versions; versions: newest first; content: what is in
    force, checked.
    """

    is_versioned: bool | None = None
    versions: Sequence[Version] | None = None
    content: Checked | None = None
    refused: str = ""  #: why S3 gave no content


@dataclass(frozen=True, slots=True)
class Status:
    """A domain and all around it; None = not asked, not answered, or not there.

    apis: by id, None for one that is mapped and not there; endpoints: what the default endpoint of
    each answers that is switched off; absent: what is certainly not there.
    """

    where: str
    domain: Domain
    http: HttpDomain | None
    mappings: Sequence[Mapping] | None
    apis: Table[str, Api | None]
    server: Certificate | None
    ownership: Certificate | None
    stored: Stored
    endpoints: Table[str, Answer] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    unasked: Sequence[Unasked] = ()


def read(account: Account, name: str, now: datetime, base: str = "") -> Status:
    """Return what there is to say of the domain *name* at *now*; AwsRefused if there is none.

    *base*: of default endpoints, as default_endpoint.url has it.
    """
    found = domains.find(account.client("apigateway"), name, str(account))
    ask = Questions()
    mappings = ask("mappings", lambda: mapping.read(account, name))
    acm = account.client("acm")

    def certificate(about: str, arn: str) -> Certificate | None:
        return ask(about, lambda: certificates.read(acm, arn)) if arn else None

    apis = _apis(account, mappings or (), ask)
    return Status(
        where=str(account),
        domain=found,
        http=ask("http", lambda: http_domain.read(account.client("apigatewayv2"), name)),
        mappings=mappings,
        apis=apis,
        endpoints=_endpoints(account.region, apis, base),
        server=certificate("server certificate", found.certificate),
        ownership=certificate("ownership certificate", found.ownership_certificate),
        stored=_stored(account, found, ask, now) if found.has_mutual_tls else Stored(),
        absent=frozenset(ask.absent),
        unasked=tuple(ask.unasked),
    )


def _apis(account: Account, mappings: Sequence[Mapping], ask: Questions) -> dict[str, Api | None]:
    stages: dict[str, list[str]] = {}
    for one in mappings:
        stages.setdefault(one.api, []).append(one.stage)
    found = {}
    for id_, names in stages.items():
        before = len(ask.unasked)
        answer = ask(f"API {id_}", partial(mapping.api, account, id_, names))
        if answer is not None or len(ask.unasked) == before:
            found[id_] = answer
    return found


def _endpoints(region: str, apis: Table[str, Api | None], base: str) -> dict[str, Answer]:
    """Ask those that are switched off: they stay open until a stage is deployed again."""
    urls = {
        api.id: default_endpoint.url(base, api.id, region, next(iter(api.stages)))
        for api in apis.values()
        if api and api.is_default_endpoint_off and api.stages
    }
    if not urls:
        return {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(partial(default_endpoint.ask, limit=_PATIENCE), urls.values())
        return dict(zip(urls, answers, strict=True))


def _stored(account: Account, found: Domain, ask: Questions, now: datetime) -> Stored:
    try:
        versions = Versions(account, Place.of(found.truststore_uri))
    except AwsRefused as error:
        return Stored(refused=error.message)
    refused = ""
    content = None
    try:
        content = truststore.check(versions.read(found.truststore_version), now)
    except AwsRefused as error:
        refused = error.message
    return Stored(
        is_versioned=ask("bucket", versions.are_kept),
        versions=ask("versions", versions.all),
        content=content,
        refused=refused,
    )
