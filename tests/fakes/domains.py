"""All custom domains of the account: the rules that v1 and v2 have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.fakes import bundle
from tests.fakes.behaviour import Behaviour
from tests.fakes.clock import Clock
from tests.fakes.domain import BUSY, Domain, Settings
from tests.fakes.refusal import bad_request, not_found, too_many_requests, update_in_progress
from tests.fakes.sources import Certificate, Sources, Unreadable

#: aws/aws-cdk#11690
REGIONAL_ONLY = "Mutual TLS authentication is supported for Regional APIs only"
# [D:apigateway-custom-domain-tls-version]: the page's words; those of the API are not known.
NOT_WITH_ENHANCED = (
    "You can't enable mutual TLS on a domain name that uses an enhanced security policy."
)
NEEDS_TLS_1_2 = "Mutual TLS authentication requires the security policy TLS_1_2."


@dataclass
class Domains:
    """What is there, by name."""

    sources: Sources
    clock: Clock
    behaviour: Behaviour
    region: str
    found: dict[str, Domain] = field(default_factory=dict)
    forgotten: Callable[[str], object] = lambda _: None  #: told the name of a deleted domain
    _last: dict[str, float] = field(default_factory=dict)  #: when an operation was last let through

    def throttle(self, operation: str) -> None:
        """Refuse a second *operation* in 30 s. A call that is refused for more has counted."""
        now = self.clock.time()
        last = self._last.get(operation)
        if last is not None and now - last < self.behaviour.change_every:
            raise too_many_requests()
        self._last[operation] = now

    def get(self, name: str) -> Domain:
        """Return the domain *name* as it is now."""
        if name not in self.found:
            raise not_found("domain name")
        return self.found[name].at(self.clock.time())

    def create(self, settings: Settings) -> Domain:
        """Make a domain, which is UPDATING at first."""
        if settings.name in self.found:
            raise bad_request("The domain name you provided already exists.")
        truststore = self._checked(settings)
        domain = Domain(settings, self.clock.now())
        self._begin(domain, settings, truststore)
        self.found[settings.name] = domain
        return domain

    def change(self, domain: Domain, settings: Settings, *, rereads: bool) -> Domain:
        """Make *domain* become *settings*; *rereads*: the truststore was named in the call."""
        if domain.status in BUSY:
            raise update_in_progress()
        if (
            domain.status == "PENDING_OWNERSHIP_VERIFICATION"
            and settings.ownership_arn == domain.settings.ownership_arn
        ):
            # [D:rest-api-mutual-tls]: all updates are locked until that certificate is right.
            raise bad_request("The ownership verification certificate is not valid.")
        truststore = self._checked(settings, None if rereads else domain)
        self._begin(domain, settings, truststore)
        return domain

    def _begin(self, domain: Domain, settings: Settings, truststore: bundle.Bundle) -> None:
        domain.warnings = truststore.warnings
        domain.change(
            settings,
            truststore.content,
            until=self.clock.time() + self.behaviour.updating_for,
            old_stays=self.behaviour.keeps_old_while_updating,
        )

    def delete(self, name: str) -> None:
        """Forget it."""
        if self.get(name).status in BUSY:
            raise update_in_progress()
        del self.found[name]
        self.forgotten(name)

    def _checked(self, settings: Settings, unread: Domain | None = None) -> bundle.Bundle:
        """Return the truststore for *settings*, or of *unread* what it has already."""
        if settings.is_mutual and settings.endpoint_type != "REGIONAL":
            raise bad_request(REGIONAL_ONLY)
        server = self._certificate(settings)
        if settings.is_enhanced and settings.access_mode != "STRICT":
            raise bad_request("/endpointAccessMode Invalid request input")
        if not settings.is_mutual:
            return bundle.Bundle(b"", (), ())
        if settings.is_enhanced:
            raise bad_request(NOT_WITH_ENHANCED)
        if settings.security_policy != "TLS_1_2":
            raise bad_request(NEEDS_TLS_1_2)
        self._owned(settings, server)
        self._one_issuer(settings, server)
        if unread is not None and unread.settings.is_mutual:
            return bundle.Bundle(unread.in_force, (), ())
        return self._truststore(settings)

    def _certificate(self, settings: Settings) -> Certificate:
        kind = settings.endpoint_type
        if not settings.certificate_arn:
            # hashicorp/terraform-provider-aws#3276
            raise bad_request(f"A certificate was not provided for the endpoint type {kind}.")
        region = "us-east-1" if kind == "EDGE" else self.region
        return self._in_acm(settings.certificate_arn, settings.name, region)

    def _in_acm(self, arn: str, name: str, region: str) -> Certificate:
        certificate = self.sources.certificate(arn)
        if certificate is None or arn.split(":")[3:4] != [region]:
            raise bad_request(f"Invalid certificate ARN: {arn}. Certificate must be in '{region}'.")
        if not certificate.covers(name):
            raise bad_request(
                "The domain name to be created is not covered by the provided certificate."
            )
        return certificate

    def _owned(self, settings: Settings, server: Certificate) -> None:
        """A certificate that ACM did not issue needs one that it did."""
        arn = settings.ownership_arn
        if not arn and server.kind != "AMAZON_ISSUED":
            raise bad_request("Missing ownershipVerificationCertificate.")  # terraform#35741
        if not arn:
            return
        if self._in_acm(arn, settings.name, self.region).kind != "AMAZON_ISSUED":
            raise bad_request("Invalid ownershipVerificationCertificate: not issued by ACM.")
        for name, other in self.found.items():
            mine = other.settings
            if name != settings.name and mine.is_mutual and mine.certificate_arn == arn:
                raise bad_request(
                    f"Invalid ownershipVerificationCertificate: it is the certificate of {name}."
                )

    def _one_issuer(self, settings: Settings, server: Certificate) -> None:
        """[D:rest-api-mutual-tls]: one issuer for a subject, in all domains with mutual TLS."""
        for name, other in self.found.items():
            if name == settings.name or not other.settings.is_mutual:
                continue
            theirs = self.sources.certificate(other.settings.certificate_arn)
            if theirs and theirs.subject == server.subject and theirs.issuer != server.issuer:
                raise bad_request(
                    f"The certificate subject {server.subject} conflicts with an existing"
                    " certificate from a different issuer."
                )

    def _truststore(self, settings: Settings) -> bundle.Bundle:
        """Read it from S3, as it is now; the words of these refusals are not known."""
        uri = settings.truststore_uri
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if not uri.startswith("s3://") or not bucket or not key:
            raise bad_request(f"Invalid truststore URI: {uri}")
        if bucket in self.behaviour.unreadable:
            raise bad_request(f"The truststore {uri} cannot be read: Access Denied")
        try:
            content = self.sources.content(bucket, key, settings.truststore_version)
            found = bundle.read(content, self.clock.now())
        except Unreadable as error:
            raise bad_request(f"The truststore {uri} cannot be read: {error}") from error
        except bundle.NoBundle as error:
            raise bad_request(f"The truststore {uri} is invalid: {error}") from error
        also = self.behaviour.also_warns.get(content, ())
        return replace(found, warnings=(*found.warnings, *also))
