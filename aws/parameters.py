"""The parameters of a deployment: what was given where, and whether it can work."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pki.findings import Finding, Severity

from . import rules
from .template import Parameter, Template

SAMPLE = MappingProxyType(
    {
        "DomainName": "api.example.com",
        "HostedZoneId": "Z0123456789ABCDEFGHIJ",
        "AllowUris": "'spiffe://example.org/*'",
    }
)


@dataclass(frozen=True, slots=True)
class Values:
    """The value of every parameter of the template.

    given: the names of those that somebody gave; the others have the template's default, and are
    handed over all the same: what is deployed is what the files and the command line say. SAM by
    itself keeps what an earlier deployment had, which nobody sees.
    """

    of: Mapping[str, str]
    given: frozenset[str]

    def __getitem__(self, name: str) -> str:
        """Return the value of *name*; "" for one that the template does not have."""
        return self.of.get(name, "")

    @property
    def publishes_truststore(self) -> bool:
        """Whether the stack publishes the packed truststore, and not one that is in S3."""
        return not self["TruststoreUri"]


def settle(
    template: Template, given: Mapping[str, str], region: str
) -> tuple[Values, list[Finding]]:
    """Return the parameters' values, and all that is wrong with them, as CloudFormation has it.

    The rules are asked once each parameter is right by itself: they would say the same again.
    """
    findings = list(_unknown(template, given))
    values = {}
    for name, parameter in template.parameters.items():
        value = given.get(name, parameter.default)
        if value is None:
            findings.append(_missing(parameter))
            continue
        values[name] = value
        findings += _faults(parameter, value)
    settled = Values(MappingProxyType(values), frozenset(given))
    if not findings:
        findings += [
            Finding(Severity.ERROR, "parameter.rule", one.description, _example(one.description))
            for one in rules.broken(template, values, region)
        ]
    return settled, findings


def _unknown(template: Template, given: Mapping[str, str]) -> Iterator[Finding]:
    for name in given:
        if name not in template.parameters:
            # The case may be what is wrong, and difflib minds it.
            known = {one.lower(): one for one in template.parameters}
            near = difflib.get_close_matches(name.lower(), known, 1)
            hint = (
                f"did you mean {known[near[0]]}?" if near else f"one of {', '.join(known.values())}"
            )
            said = f"{name!r} is no parameter of the template"
            yield Finding(Severity.ERROR, "parameter.unknown", said, hint, name)


def _missing(parameter: Parameter) -> Finding:
    said = f"{parameter.name} is not set"
    if parameter.description:
        said += f", expected: {parameter.description[:1].lower()}{parameter.description[1:]}"
    hint = f"--set {parameter.name}={SAMPLE.get(parameter.name, '…')}"
    hint += ", or parameter_overrides in samconfig.toml"
    return Finding(Severity.ERROR, "parameter.missing", said, hint, parameter.name)


def _faults(parameter: Parameter, value: str) -> Iterator[Finding]:
    shown = "****" if parameter.is_secret else repr(value)
    for fault in parameter.faults(value):
        better = value.strip().lower()
        hint = f"--set {parameter.name}={SAMPLE.get(parameter.name, '…')}"
        if better != value and not list(parameter.faults(better)):
            hint = f"--set {parameter.name}={better}"
        elif parameter.default is not None:
            hint += f"; the default is {parameter.default!r}"
        said = f"{parameter.name} is {shown}, {fault}"
        yield Finding(Severity.ERROR, "parameter.value", said, hint, parameter.name)


def _example(description: str) -> str:
    named = [name for name in SAMPLE if name in description]
    if not named:
        return "correct it with --set, or in samconfig.toml"
    return f"--set {named[0]}={SAMPLE[named[0]]}"
