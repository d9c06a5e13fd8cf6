"""Which API answers under which path of a domain: base path mappings of v1, API mappings of v2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import api_patch, pages
from tests.fakes.apis import Apis, new_label
from tests.fakes.domains import REGIONAL_ONLY, Domains
from tests.fakes.refusal import bad_request, conflict, not_found
from tests.fakes.rest_domains import Operation

NONE = "(none)"  #: v1's word for the empty base path


@dataclass
class Mapped:
    """One mapping; key: the path, "" is all of the domain."""

    key: str
    api: str
    stage: str
    label: str = field(default_factory=lambda: new_label(6))


@dataclass
class Mappings:
    """All mappings, by domain and key."""

    domains: Domains
    apis: Apis
    found: dict[str, dict[str, Mapped]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.domains.forgotten = lambda name: self.found.pop(name, None)

    def of(self, domain: str) -> dict[str, Mapped]:
        """Return those of a domain that is there."""
        self.domains.get(domain)
        return self.found.setdefault(domain, {})

    def add(self, domain: str, mapped: Mapped, taken: str) -> Mapped:
        """Put one more; *taken* is said where its key has an API already."""
        known = self.of(domain)
        if mapped.key in known:
            raise conflict(taken)
        self.check(domain, mapped)
        known[mapped.key] = mapped
        return mapped

    def check(self, domain: str, mapped: Mapped) -> None:
        """Refuse an API or a stage that is not there, or an API that cannot be there."""
        api = self.apis.found.get(mapped.api)
        if api is None:
            raise bad_request("Invalid API identifier specified")
        if mapped.stage:
            api.stage(mapped.stage)
        is_mutual = self.domains.get(domain).settings.is_mutual
        if is_mutual and api.endpoint_type != "REGIONAL":
            raise bad_request(REGIONAL_ONLY)  # aws/aws-cdk#11690, at this very call


class RestMappings:
    """v1's operations."""

    def __init__(self, mappings: Mappings) -> None:
        self._mappings = mappings

    def operations(self) -> Mapping[str, Operation]:
        """Return what is served, by the model's names."""
        return {
            "CreateBasePathMapping": self._create,
            "GetBasePathMapping": lambda given: _rest(self._get(given)),
            "GetBasePathMappings": self._list,
            "UpdateBasePathMapping": self._update,
            "DeleteBasePathMapping": self._delete,
        }

    def _get(self, given: dict[str, Any]) -> Mapped:
        mapped = self._mappings.of(given["domainName"]).get(_key(given["basePath"]))
        if mapped is None:
            raise not_found("base path mapping")  # serverless-domain-manager#613
        return mapped

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        key = _key(given.get("basePath", ""))
        if "/" in key:
            # [D:rest-api-mappings]: several levels are for v2 alone; words not known.
            raise bad_request("API Gateway V1 doesn't support the slash character in base path")
        mapped = Mapped(key, given["restApiId"], given.get("stage", ""))
        taken = "Base path already exists for this domain name"
        return _rest(self._mappings.add(given["domainName"], mapped, taken))

    def _list(self, given: dict[str, Any]) -> dict[str, Any]:
        found = self._mappings.of(given["domainName"]).values()
        return pages.of_rest([_rest(one) for one in found], given)

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        known, mapped = self._mappings.of(given["domainName"]), self._get(given)
        fields = {"/basePath": mapped.key, "/restapiId": mapped.api, "/stage": mapped.stage}
        operations = api_patch.checked(given.get("patchOperations", ()), api_patch.MAPPING)
        fields |= {path: value for _, path, value in operations}
        key = _key(fields["/basePath"])
        changed = Mapped(key, fields["/restapiId"], fields["/stage"], mapped.label)
        if key != mapped.key and key in known:
            raise conflict("Base path already exists for this domain name")
        self._mappings.check(given["domainName"], changed)
        del known[mapped.key]
        known[key] = changed
        return _rest(changed)

    def _delete(self, given: dict[str, Any]) -> dict[str, Any]:
        del self._mappings.of(given["domainName"])[self._get(given).key]
        return {}


class HttpMappings:
    """v2's operations, over mappings to APIs of both sides."""

    def __init__(self, mappings: Mappings) -> None:
        self._mappings = mappings

    def operations(self) -> Mapping[str, Operation]:
        """Return what is served, by the model's names."""
        return {
            "CreateApiMapping": self._create,
            "GetApiMapping": lambda given: _http(self._get(given)),
            "GetApiMappings": self._list,
            "UpdateApiMapping": self._update,
            "DeleteApiMapping": self._delete,
        }

    def _get(self, given: dict[str, Any]) -> Mapped:
        for mapped in self._mappings.of(given["DomainName"]).values():
            if mapped.label == given["ApiMappingId"]:
                return mapped
        raise not_found("API mapping")

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        mapped = Mapped(given.get("ApiMappingKey", ""), given["ApiId"], given["Stage"])
        # aws-cloudformation/cloudformation-coverage-roadmap#1151
        taken = "ApiMapping key already exists for this domain name"
        return _http(self._mappings.add(given["DomainName"], mapped, taken))

    def _list(self, given: dict[str, Any]) -> dict[str, Any]:
        found = self._mappings.of(given["DomainName"]).values()
        return pages.of_http([_http(one) for one in found], given)

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        known, mapped = self._mappings.of(given["DomainName"]), self._get(given)
        key = given.get("ApiMappingKey", mapped.key)
        changed = Mapped(key, given["ApiId"], given.get("Stage", mapped.stage), mapped.label)
        if key != mapped.key and key in known:
            raise conflict("ApiMapping key already exists for this domain name")
        self._mappings.check(given["DomainName"], changed)
        del known[mapped.key]
        known[key] = changed
        return _http(changed)

    def _delete(self, given: dict[str, Any]) -> dict[str, Any]:
        del self._mappings.of(given["DomainName"])[self._get(given).key]
        return {}


def _key(base_path: str) -> str:
    return "" if base_path == NONE else base_path


def _rest(mapped: Mapped) -> dict[str, Any]:
    return {
        "basePath": mapped.key or NONE,
        "restApiId": mapped.api,
        "stage": mapped.stage or None,
    }


def _http(mapped: Mapped) -> dict[str, Any]:
    return {
        "ApiMappingId": mapped.label,
        "ApiId": mapped.api,
        "ApiMappingKey": mapped.key,
        "Stage": mapped.stage,
    }
