"""The function: what runs, with what, and that requests reach what was published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from service.config import Config, InvalidConfiguration

from .made import Made
from .promises import Twin, promise
from .source import ROOT

_FUNCTION = "ApiFunction.Properties"
_VARIABLES = f"{_FUNCTION}.Environment.Variables"


def function(made: Made) -> Mapping[str, Any]:
    return made.of("AWS::Lambda::Function")["ApiFunction"]


#: What the publisher will have answered, and CloudFormation for the longest name of a stack.
PUBLISHED = {
    "${RegistryTable}": f"{'s' * 128}-RegistryTable-{'1X' * 6}Z",
    "${Truststore.Uri}": "s3://${TruststoreBucket}/truststore.pem",
    "${Truststore.VersionId}": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
}


def published(value: object) -> str:
    text = str(value)
    for reference, answer in PUBLISHED.items():
        text = text.replace(reference, answer)
    return text


def environment(made: Made) -> dict[str, str]:
    variables = function(made)["Environment"]["Variables"]
    return {name: published(value) for name, value in variables.items()}


@promise(
    Twin("an older Python", {f"{_FUNCTION}.Runtime": "python3.11"}),
    Twin("an older one of the publisher", {"TruststorePublisher.Properties.Runtime": "python3.12"}),
    Twin("one processor", {f"{_FUNCTION}.Architectures": ["arm64"]}, "x86_64"),
    Twin("SAM's default", {"TruststorePublisher.Properties.Architectures": None}),
    Twin("all the memory", {f"{_FUNCTION}.MemorySize": 10240}),
    Twin(
        "always from a snapshot",
        {f"{_FUNCTION}.SnapStart.ApplyOn": "PublishedVersions"},
        "no snapshot",
    ),
    Twin("never from a snapshot", {f"{_FUNCTION}.SnapStart": None}),
    Twin("traces never", {f"{_FUNCTION}.Tracing": None}, "tracing"),
    Twin("traces of the stage never", {"Api.Properties.TracingEnabled": False}, "tracing"),
    Twin("traces always", {f"{_FUNCTION}.Tracing": "Active"}),
    Twin("longer than API Gateway waits", {f"{_FUNCTION}.Timeout": 30}),
)
def the_functions_run_as_asked(made: Made) -> Iterator[str]:
    asked, traces = made.parameters, made.parameters["Tracing"] == "on"
    for name, one in made.of("AWS::Lambda::Function").items():
        runs = (one["Runtime"], one.get("Architectures"))
        if runs != ("python3.13", [asked["Architecture"]]):
            yield f"{name} runs {runs}"
    found = function(made)
    snapshot = "PublishedVersions" if asked["SnapStart"] == "on" else "None"
    if str(found["MemorySize"]) != asked["MemorySize"] or not 3 <= found["Timeout"] <= 29:
        yield f"{found['MemorySize']} MB, {found['Timeout']} s"
    if found.get("SnapStart") != {"ApplyOn": snapshot}:
        yield f"SnapStart is {found.get('SnapStart')}"
    if found.get("TracingConfig") != {"Mode": "Active" if traces else "PassThrough"}:
        yield f"tracing is {found.get('TracingConfig')}"
    if made.one("AWS::ApiGateway::Stage")[1].get("TracingEnabled") is not traces:
        yield "the stage traces otherwise"


@promise(
    Twin("no such module", {f"{_FUNCTION}.Handler": "service.handler.handler"}),
    Twin("no such name", {f"{_FUNCTION}.Handler": "service.lambda_handler.handle"}),
    Twin("not in a package", {f"{_FUNCTION}.Handler": "lambda_handler.handler"}),
    Twin("another folder", {"TruststorePublisher.Properties.CodeUri": "aws/"}),
    Twin("the whole repository", {f"{_FUNCTION}.CodeUri": "."}),
    Twin("SAM's own builder", {"ApiFunction.Metadata": None}),
    Twin("no Makefile beside it", {"ExpiryWatcher.Metadata.ContextPath": None}),
    Twin("the wrong one", {"ExpiryWatcher.Metadata.ContextPath": "aws/publisher/"}),
    Twin("below the package", {"ExpiryWatcher.Properties.Handler": "watcher.handler.handler"}),
)
def the_handlers_are_where_the_code_is(made: Made) -> Iterator[str]:
    """The Makefile beside the code packs its folder as a package: service/ is `service` there."""
    for name, one in made.of("AWS::Lambda::Function").items():
        folder = ROOT / one["Code"]["S3Key"]
        package, *modules, called = one["Handler"].split(".")
        file = folder.joinpath(*modules).with_suffix(".py") if modules else folder
        if package != folder.name or not file.is_file():
            yield f"{name}: {one['Handler']} is not in {folder.name}"
        elif not re.search(rf"(?m)^(?:def {called}\(|{called} = )", file.read_text()):
            yield f"{name}: {file.name} has no {called}"
        metadata = made.resources[name].get("Metadata", {})
        makefile = ROOT / metadata.get("ContextPath", folder) / "Makefile"
        if metadata.get("BuildMethod") != "makefile":
            yield f"{name} is not built by its Makefile"
        elif not makefile.exists() or not re.search(
            rf"(?m)^(build-{name}:|FUNCTIONS := .*\bbuild-{name}\b)", makefile.read_text()
        ):
            yield f"{name}: no build-{name} beside it"


@promise(
    Twin("no source", {f"{_VARIABLES}.CLIENT_CERT_SOURCE": None}),
    Twin("headers of anybody", {f"{_VARIABLES}.CLIENT_CERT_SOURCE": "alb-verify"}),
    Twin("a variable that is not read", {f"{_VARIABLES}.ALLOW_URI": {"Ref": "AllowUris"}}),
    Twin("nobody", {f"{_VARIABLES}.ALLOW_URIS": None}),
    Twin(
        "subjects as issuers",
        {f"{_VARIABLES}.ALLOW_ISSUERS": {"Ref": "AllowSubjects"}},
        "all at once",
    ),
    Twin("no fingerprints", {f"{_VARIABLES}.ALLOW_FINGERPRINTS": None}, "all at once"),
    Twin("no base path", {f"{_VARIABLES}.BASE_PATH": None}, "base path"),
    Twin("a base path called (none)", {f"{_VARIABLES}.BASE_PATH": {"Fn::Sub": "/${BasePath}"}}),
)
def the_environment_is_what_the_service_reads(made: Made) -> Iterator[str]:
    env, asked = environment(made), made.parameters
    files = (ROOT / "service/config.py", *(ROOT / "service").glob("*_settings.py"))
    known = "".join(file.read_text() for file in files)
    yield from (f"{name} is not read" for name in env if f'"{name}"' not in known)
    try:
        config = Config.from_env(env)
    except InvalidConfiguration as faults:
        yield str(faults)
        return
    base_path = "" if asked["BasePath"] == "(none)" else f"/{asked['BasePath']}"
    if config.base_path != base_path:
        yield f"the base path is {config.base_path!r}"
    if config.source.in_headers:
        yield "the certificate is looked for in headers"
    wanted = Config.from_env(
        {
            "CLIENT_CERT_SOURCE": "api-gateway",
            "ALLOW_ISSUERS": asked["AllowIssuers"],
            "ALLOW_SUBJECTS": asked["AllowSubjects"],
            "ALLOW_URIS": asked["AllowUris"],
            "ALLOW_FINGERPRINTS": asked["AllowFingerprints"],
            "CLIENT_REGISTRY": env["CLIENT_REGISTRY"],
        }
    )
    if config.allow != wanted.allow:
        yield f"{config.allow} may call, expected {wanted.allow}"


@promise(
    Twin("SAM's default", {f"{_FUNCTION}.VersionDeletionPolicy": None}),
    Twin("kept", {f"{_FUNCTION}.VersionDeletionPolicy": "Retain"}),
)
def an_old_version_goes(made: Made) -> Iterator[str]:
    """It has the allow-list of its day, and its snapshot is charged."""
    for name, version in made.of("AWS::Lambda::Version").items():
        policy = made.resources[name].get("DeletionPolicy")
        if version["FunctionName"] == "${ApiFunction}" and policy != "Delete":
            yield f"{name} has DeletionPolicy {policy}"


_ROOT_EVENT = f"{_FUNCTION}.Events.Root"


@promise(
    Twin(
        "no alias",
        {f"{_FUNCTION}.AutoPublishAlias": None, f"{_FUNCTION}.VersionDeletionPolicy": None},
    ),
    Twin("another alias", {f"{_FUNCTION}.AutoPublishAlias": "current"}),
    Twin("not the root", {_ROOT_EVENT: None}),
    Twin("the root alone", {f"{_FUNCTION}.Events.Everything": None}),
    Twin("reading alone", {f"{_FUNCTION}.Events.Everything.Properties.Method": "GET"}),
    Twin("no alias of the publisher", {"TruststorePublisher.Properties.AutoPublishAlias": None}),
)
def every_request_reaches_the_published_version(made: Made) -> Iterator[str]:
    aliases = made.of("AWS::Lambda::Alias")
    # Of the watcher the newest is called, whatever it is: see watcher.py.
    for name in set(made.of("AWS::Lambda::Function")) - {"ExpiryWatcher"}:
        versions = made.of("AWS::Lambda::Version").items()
        own = [version for version, v in versions if v["FunctionName"] == f"${{{name}}}"]
        wanted = {"Name": "live", "FunctionName": f"${{{name}}}"}
        found = aliases.get(f"{name}Aliaslive")
        if [found] != [{**wanted, "FunctionVersion": f"${{{one}.Version}}"} for one in own]:
            yield f"{name} has {aliases}"
    paths = made.one("AWS::ApiGateway::RestApi")[1]["Body"]["paths"]
    if set(paths) != {"/", "/{proxy+}"}:
        yield f"the paths are {sorted(paths)}"
    for path, methods in paths.items():
        asked = methods.get("x-amazon-apigateway-any-method", {})
        integration = asked.get("x-amazon-apigateway-integration", {})
        called = "functions/${ApiFunctionAliaslive}/invocations"
        if integration.get("type") != "aws_proxy" or called not in integration.get("uri", ""):
            yield f"{path} goes to {methods}"
    allowed = {p["FunctionName"] for p in made.of("AWS::Lambda::Permission").values()}
    if allowed != {"${ApiFunctionAliaslive}"}:
        yield f"API Gateway may call {allowed}"
