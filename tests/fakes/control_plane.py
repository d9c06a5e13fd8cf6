"""The control plane of API Gateway's custom domains and of ELBv2's trust stores, for tests.

boto3 talks to it over a real connection, with AWS_ENDPOINT_URL. What it is not for (S3, STS, ACM,
Route 53, CloudFormation and so on) it hands to a moto server; all calls are in `calls`, and `fail`
makes any of them go wrong. Sources are the facts on AWS's mutual TLS and the issues named in the
code.

What it does not know:

- the words of most refusals: those with a source beside them are AWS's, the others are ours;
- the words of truststoreWarnings; whether a file without any certificate, or one beyond the
  limits, is refused (here: yes) or warned of;
- what FAILED means, and which truststore is in force then (here: the one of before); which one is
  in force while a domain is UPDATING (here: the old one, or as Behaviour says);
- how long UPDATING lasts (here: 40 s), and whether CreateDomainName ends in it (here: yes);
- whether an unpinned truststore is read again when something else of the domain changes (here: no),
  and whether a new truststoreUri keeps the version of the old one (here: yes);
- whether the 30 s are one bucket for v1 and v2 (here: yes), and whether a refused call counts
  (here: yes);
- who may do what: every caller may do everything, except where a fault says otherwise;
- the state of a certificate in ACM: one that waits for its validation is taken here;
- whether the ending .pem is demanded (here: no);
- what v2 says of a domain that is PENDING or FAILED, or has an enhanced policy (here: nothing), and
  what its update does to what a DomainNameConfiguration leaves out (here: it stays), or to the
  version where TruststoreUri comes alone (here: it goes);
- whether a domain may be deleted that has mappings (here: yes, and they go), whether v1 shows
  mappings of several levels (here: yes), and whether mutual TLS can be switched on where an API at
  the edge is mapped (here: yes; the mapping itself is what is refused, as AWS was seen to do);
- what the disabled default endpoint of an HTTP API answers (here: 404 Not Found);
- the patch paths that only domains at the edge or private ones have: they are refused as unknown;
- of ELBv2: load balancers, rules, targets, sharing across accounts, the size of all CA subjects;
  the words of its refusals; whether a CRL's issuer has to be in the trust store, whether its
  signature is checked and what an expired one does (here: none of that); more than one CRL in a
  file (here: refused); the code for more than 30 CRLs;
- resources, methods, integrations and authorizers of an API, and all of test-invoke-method.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptography import x509

from pki import acceptance
from tests.conftest import free_port
from tests.fakes import bundle, default_endpoint
from tests.fakes.apis import Apis
from tests.fakes.behaviour import Behaviour
from tests.fakes.clock import Clock
from tests.fakes.domain import Ending
from tests.fakes.domains import Domains
from tests.fakes.faults import Fault, Which
from tests.fakes.http_apis import HttpApis
from tests.fakes.http_domains import HttpDomains
from tests.fakes.journal import Call
from tests.fakes.listeners import Listeners
from tests.fakes.load_balancing import LoadBalancing
from tests.fakes.mappings import HttpMappings, Mappings, RestMappings
from tests.fakes.rest_apis import RestApis
from tests.fakes.rest_domains import RestDomains
from tests.fakes.server import Operations, Server
from tests.fakes.sources import Sources, new_client
from tests.fakes.trust_stores import TrustStores
from tests.unit.aws.moto_server import REGION, environment
from tests.unit.aws.publisher_servers import Reply, Request, serving

_COPIES = "/copies/"


class ControlPlane:
    """What a test sees of it. Its state is its own; that of moto is shared."""

    def __init__(self, moto: str) -> None:
        self.moto = moto
        self.url = ""
        self._clients: dict[str, Any] = {}
        self.clock = Clock()
        self.behaviour = Behaviour()
        self.domains = Domains(Sources(moto), self.clock, self.behaviour, REGION)
        self.apis = Apis(self.clock)
        self.mappings = Mappings(self.domains, self.apis)
        self.trust_stores = TrustStores(Sources(moto), self.clock, self.behaviour)
        self.listeners = Listeners(self.trust_stores)
        self.operations: Operations = {  #: what is served here, by service and name
            "apigateway": {
                **RestDomains(self.domains).operations(),
                **RestMappings(self.mappings).operations(),
                **RestApis(self.apis).operations(),
            },
            "apigatewayv2": {
                **HttpDomains(self.domains).operations(),
                **HttpMappings(self.mappings).operations(),
                **HttpApis(self.apis).operations(),
            },
            "elbv2": LoadBalancing(self.trust_stores, self.listeners, self._published).operations(),
        }
        self._server = Server(moto, self.operations)
        self._copies: dict[str, bytes] = {}

    @contextmanager
    def running(self) -> Iterator[ControlPlane]:
        """Listen on a free port of the loopback."""
        with serving(free_port(), self._reply) as self.url:
            yield self
        assert not self.broken, self.broken[0]

    def _reply(self, request: Request) -> Reply | None:
        if request.target.startswith(default_endpoint.PREFIX):
            return default_endpoint.reply(self.apis, request)
        if request.target.startswith(_COPIES):
            copy = self._copies.get(request.target.removeprefix(_COPIES))
            return Reply(403) if copy is None else Reply(200, body=copy)
        return self._server.reply(request)

    def _published(self, content: bytes) -> str:
        """A URL that takes no signature, as those are that AWS presigns."""
        label = uuid.uuid4().hex
        self._copies[label] = content
        return f"{self.url}{_COPIES}{label}"

    @property
    def broken(self) -> list[str]:
        """Tracebacks of the fake's own faults; a test that ends with one fails."""
        return self._server.broken

    @property
    def calls(self) -> list[Call]:
        """Every request so far, since `forget`."""
        return self._server.journal.calls

    def forget(self) -> None:
        """Number the calls from 1 again."""
        self._server.journal.forget()

    def fail(self, which: Which, fault: Fault, *, times: int = 1) -> None:
        """Let *fault* come over the next *times* attempts of *which*.

        *which*: the number of a call, counted from 1 since the start or `forget` (the attempts
        that botocore makes of one call share its number), "UpdateDomainName",
        "apigateway:UpdateDomainName", or a function that says yes to a Call. *times*: botocore
        tries again, and overcomes a fault that comes once; faults.ALWAYS for good.
        """
        self._server.plan.add(which, fault, times)

    def heal(self) -> None:
        """Take back all that `fail` was told."""
        self._server.plan.clear()

    def default_endpoint(self, api: str, stage: str) -> str:
        """Where a client asks that API without its custom domain; not in `calls`."""
        return f"{self.url}{default_endpoint.PREFIX}{api}/{stage}/"

    def environment(self) -> dict[str, str]:
        """The variables with which boto3 asks here, for another process."""
        return environment(self.url)

    def client(self, service: str) -> Any:
        """A client of boto3 that asks here, for what a test itself does; it is in `calls` too."""
        if service not in self._clients:
            self._clients[service] = new_client(service, self.url)
        return self._clients[service]

    def become(self, name: str, status: str, message: str = "") -> None:
        """Give the domain *name* that status now, until something is changed.

        A change that is under way ends there: what it was to bring never comes into force.
        """
        self.domains.get(name).become(status, message)

    def next_change_ends(self, name: str, status: str, message: str = "") -> None:
        """Let the next change of *name* that nobody has planned yet end with *status*."""
        self.domains.get(name).ends.append(Ending(status, message))

    def in_force(self, name: str) -> bytes:
        """The truststore that clients of *name* meet now; empty: no mutual TLS."""
        return self.domains.get(name).in_force

    def accepts(self, name: str, leaf: x509.Certificate) -> bool:
        """Whether a client with *leaf* reaches *name* now, by pki.acceptance for API Gateway.

        Without mutual TLS, everybody does.
        """
        content, now = self.in_force(name), self.clock.now()
        if not content:
            return True
        trusted = bundle.read(content, now).certificates
        verdict = acceptance.decide(leaf, (), trusted, front="api-gateway", now=now)
        return isinstance(verdict, acceptance.Accepted)
