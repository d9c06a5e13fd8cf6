"""From template, samconfig and command line to a domain that works, one step after another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pki.findings import Finding, Severity

from . import account as accounts
from . import (
    allow_list,
    build,
    domain,
    parameters,
    preflight,
    revocation,
    sam,
    samconfig,
    stacks,
    template,
    truststore,
)
from . import survey as surveys
from .account import Account
from .domain import Domain, Patience
from .errors import AwsRefused
from .facts import Stack
from .parameters import Values
from .samconfig import SamConfig
from .terminal import Terminal

_AGAIN = "see above, and type it again"
_OUTPUTS = ("Url", "TruststoreUri", "TruststoreVersion")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says; "" = nothing."""

    sets: Mapping[str, str]
    sam_environment: str = samconfig.DEFAULT
    region: str = ""
    profile: str = ""
    default_region: str = ""  #: when samconfig.toml has none either


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be deployed where, once nothing speaks against it."""

    values: Values
    config: SamConfig
    profile: str
    region: str
    sets: Mapping[str, str]  #: those parameters that the command line gave


@dataclass(frozen=True, slots=True)
class Deployed:
    """A domain that works, and where the API is."""

    domain: Domain
    url: str
    needs_dns: bool
    planned: Plan


def settle(asked: Asked, config: SamConfig, region: str = "") -> tuple[Values, list[Finding]]:
    """Return all parameters, and what is wrong with them; AWS is not asked.

    What the command line says counts most, then samconfig.toml, then the template's defaults.
    """
    given = {**config.parameters, **asked.sets}
    values, found = parameters.settle(template.read(template.FILE), given, region)
    return values, [*found, *allow_list.findings(values)]


def buildable(asked: Asked, terminal: Terminal) -> Values:
    """Return the parameters for a build, which needs none but Architecture to be right."""
    config = samconfig.read(samconfig.FILE, asked.sam_environment)
    values, found = settle(asked, config)
    minded = [
        one for one in found if one.code == "parameter.unknown" or one.about == "Architecture"
    ]
    terminal.stop_at_errors(minded, "nothing has been built", _AGAIN)
    return values


def plan(asked: Asked, now: datetime, terminal: Terminal) -> Plan:
    """Return what is to be deployed; all that is wrong with it is shown at once, then it stops.

    Nothing is asked of AWS: parameters, rules and the packed truststore are all on this machine.
    """
    config = samconfig.read(samconfig.FILE, asked.sam_environment)
    profile = asked.profile or config.profile
    wanted_region = asked.region or config.region or asked.default_region
    region = accounts.session_of(profile, wanted_region).region_name
    values, found = settle(asked, config, region)
    found += preflight.of_values(values, region)
    found += revocation.of_values(values)
    if not config.stack_name:
        hint = f'stack_name = "mtls-api" in [{config.environment}.deploy.parameters]'
        found.append(Finding(Severity.ERROR, "samconfig.stack-name", "no stack name is set", hint))
    if values.publishes_truststore:
        found += _packed(now)
    terminal.stop_at_errors(found, "nothing has been changed", _AGAIN)
    return Plan(values, config, profile, region, asked.sets)


def survey(planned: Plan, now: datetime, terminal: Terminal) -> Account:
    """Ask AWS, without changing anything, whether *planned* can work; stop if it cannot."""
    account = accounts.sign_in(planned.profile, planned.region)
    terminal.say(f"checking account {account.number}, region {account.region}")
    facts = surveys.survey(account, planned.values, planned.config.stack_name)
    packed = truststore.PACKED if planned.values.publishes_truststore else None
    content = truststore.content(packed) if packed else b""
    trusted = content or (facts.stored.content if facts.stored else b"")
    found = [
        *preflight.of_facts(planned.values, facts, now),
        *preflight.of_push(facts, content),
        *revocation.of_facts(
            planned.values, facts, truststore.check(trusted, now).certificates, now
        ),
    ]
    terminal.stop_at_errors(found, "nothing has been changed", _AGAIN)
    return account


def execute(
    planned: Plan, environment: Mapping[str, str], terminal: Terminal, *, confirm: bool
) -> None:
    """Build, and let sam deploy it."""
    config = planned.config
    given = {name: value for name, value in environment.items() if name != "TRUSTSTORE"}
    terminal.say(f"building for {planned.values['Architecture']}")
    build.build(planned.values, given, sam_environment=config.environment)
    terminal.say(f"deploying the stack {config.stack_name}")
    words = [
        *("deploy", "--stack-name", config.stack_name, "--region", planned.region),
        *(() if config.environment == samconfig.DEFAULT else ("--config-env", config.environment)),
        "--no-fail-on-empty-changeset",
        "--confirm-changeset" if confirm else "--no-confirm-changeset",
        *(("--profile", planned.profile) if planned.profile else ()),
        # Another environment of samconfig.toml inherits nothing from [default].
        *(() if "capabilities" in config.settings else ("--capabilities", "CAPABILITY_IAM")),
        *(() if config.settings & {"s3_bucket", "resolve_s3"} else ("--resolve-s3",)),
        *("--parameter-overrides", *build.pairs(planned.values)),
    ]
    try:
        sam.run(words, given)
    except KeyboardInterrupt:
        terminal.say("what CloudFormation has begun goes on; make deploy will look again")
        raise


def verify(planned: Plan, account: Account, terminal: Terminal, patience: Patience) -> Deployed:
    """Return the domain as it works now; stop if it does not, or API Gateway warns of something."""
    outputs = _outputs(stacks.read(account, planned.config.stack_name), planned)
    name = planned.values["DomainName"]
    terminal.say(f"asking API Gateway about {name}")
    found = domain.settled(account.client("apigateway"), name, patience, terminal.say)
    in_force = (outputs["TruststoreUri"], outputs["TruststoreVersion"])
    terminal.stop_at_errors(list(domain.findings(found, in_force)), "the stack is deployed", _AGAIN)
    return Deployed(
        found, outputs["Url"], needs_dns=not planned.values["HostedZoneId"], planned=planned
    )


def _packed(now: datetime) -> list[Finding]:
    path: Path = truststore.PACKED
    if not path.exists():
        said = f"there is no packed truststore {str(path)!r}"
        return [Finding(Severity.ERROR, "truststore.not-packed", said, "make truststore")]
    return truststore.check_file(path, now).findings


def _outputs(stack: Stack | None, planned: Plan) -> Mapping[str, str]:
    if stack is None or stack.status == "REVIEW_IN_PROGRESS":
        raise AwsRefused(
            f"the stack {planned.config.stack_name} is not there: nobody executed its change set",
            "make deploy, and answer y",
        )
    missing = [name for name in _OUTPUTS if name not in stack.outputs]
    if missing:
        raise AwsRefused(
            f"the stack {stack.name} is {stack.status}, without the output {missing[0]}",
            f"aws cloudformation describe-stack-events --stack-name {stack.name}",
        )
    return stack.outputs
