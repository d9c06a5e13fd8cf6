"""A folder to deploy from, a `sam` that writes down how it was called, and an API Gateway."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import boto3
from click.testing import CliRunner, Result

from aws.cli import main
from stack.settings import ROOT
from tests import builders
from tests.unit.aws.publisher_servers import Between, Reply, Request, forwarded

NAME = "api.example.com"
BUCKET = "s3://truststores/truststore.pem"

# Does what the real one would leave behind: libraries after build, a stack after deploy.
SAM = """#!{python}
import json, os, pathlib, sys
record = pathlib.Path({record!r})
env = {{name: os.environ.get(name) for name in ("ARCHITECTURE", "TRUSTSTORE", "SAM_CLI_TELEMETRY")}}
calls = json.loads(record.read_text()) if record.exists() else []
record.write_text(json.dumps([*calls, {{"words": sys.argv[1:], "env": env}}]))
fails = json.loads({fails!r})
if sys.argv[1] in fails:
    print("Error: the reason", file=sys.stderr)
    sys.exit(fails[sys.argv[1]])
if sys.argv[1] == "build":
    machine = {machines!r}[{built_for!r} or env["ARCHITECTURE"]]
    library = pathlib.Path(".aws-sam/build/ApiFunction/cryptography/_rust.abi3.so")
    library.parent.mkdir(parents=True, exist_ok=True)
    library.write_bytes(b"\\x7fELF\\x02\\x01\\x01" + bytes(11) + bytes([machine, 0]) + bytes(44))
elif {stack!r} != "null":
    import boto3
    name = sys.argv[sys.argv.index("--stack-name") + 1]
    region = sys.argv[sys.argv.index("--region") + 1]
    client = boto3.client("cloudformation", region_name=region)
    try:
        client.create_stack(StackName=name, TemplateBody={stack!r})
    except client.exceptions.AlreadyExistsException:
        pass
"""
MACHINES = {"x86_64": 0x3E, "arm64": 0xB7, "riscv64": 0xF3}


@dataclass
class Gateway:
    """API Gateway's answers: one a question, the last again and again; none before a deployment."""

    domains: list[dict[str, Any]] = field(default_factory=list)
    log_role: str = ""
    before: dict[str, Any] | None = None  #: what is there already
    is_deployed: Callable[[], bool] = lambda: False
    moto: str = ""

    def reply(self, request: Request) -> Reply | None:
        if "/hostedzone/Z" in request.target:
            # The ids of AWS begin with a Z, those of moto with anything.
            target = request.target.replace("/hostedzone/Z", "/hostedzone/")
            return forwarded(self.moto, replace(request, target=target))
        if request.target == "/account" and request.method == "GET":
            return _json({"cloudwatchRoleArn": self.log_role} if self.log_role else {})
        if not request.target.startswith("/domainnames/"):
            return None
        assert request.method == "GET", "a domain is never changed here"
        if unquote(request.target) != f"/domainnames/{NAME}":
            return _absent()
        return self._domain()

    def _domain(self) -> Reply:
        if not self.is_deployed():
            return _json(self.before) if self.before else _absent()
        return _json(self.domains.pop(0) if len(self.domains) > 1 else self.domains[0])


@dataclass
class Project:
    """What a developer has: template.yaml, samconfig.toml, a packed truststore, sam on PATH."""

    home: Path
    stack: str
    between: Between | None = None
    gateway: Gateway = field(default_factory=Gateway)

    def __post_init__(self) -> None:
        (self.home / "aws/publisher").mkdir(parents=True)
        (self.home / "bin").mkdir()
        (self.home / "template.yaml").write_bytes((ROOT / "template.yaml").read_bytes())
        self.configure()
        self.pack(builders.authority().pem)
        self.make_sam()
        self.gateway.is_deployed = lambda: any(one["words"][0] == "deploy" for one in self.calls)
        self.gateway.domains = [domain()]
        if self.between:
            self.between.meddle = self.gateway.reply

    @property
    def packed(self) -> Path:
        return self.home / "aws/publisher/truststore.pem"

    @property
    def calls(self) -> list[dict[str, Any]]:
        """How sam was called."""
        record = self.home / "calls.json"
        return list(json.loads(record.read_text())) if record.exists() else []

    @property
    def commands(self) -> list[str]:
        return [call["words"][0] for call in self.calls]

    def configure(self, **parameters: str) -> None:
        """Write samconfig.toml; without *parameters*, with those that every deployment needs."""
        given = parameters or {
            "DomainName": NAME,
            "HostedZoneId": "",
            "CertificateArn": "",
            "AllowUris": "spiffe://example.org/*",
        }
        pairs = " ".join(f"{name}='{value}'" for name, value in given.items() if value)
        (self.home / "samconfig.toml").write_text(
            f'version = 0.1\n[default.global.parameters]\nstack_name = "{self.stack}"\n'
            f'[default.deploy.parameters]\ncapabilities = "CAPABILITY_IAM"\nresolve_s3 = true\n'
            f'parameter_overrides = "{pairs}"\n'
        )

    def pack(self, content: str) -> None:
        self.packed.write_text(content)

    def make_sam(
        self,
        *,
        fails: dict[str, int] | None = None,
        built_for: str = "",
        outputs: dict[str, str] | None = None,
        executes: bool = True,
    ) -> None:
        """Put a `sam` on PATH; *fails*: the exit codes of its commands."""
        said = {
            "Url": f"https://{NAME}",
            "TruststoreUri": BUCKET,
            "TruststoreVersion": "v2",
            **(outputs or {}),
        }
        body = {
            "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
            "Outputs": {name: {"Value": value} for name, value in said.items() if value},
        }
        program = self.home / "bin/sam"
        program.write_text(
            SAM.format(
                python=sys.executable,
                record=str(self.home / "calls.json"),
                fails=json.dumps(fails or {}),
                machines=MACHINES,
                built_for=built_for,
                stack=json.dumps(body if executes else None),
            )
        )
        program.chmod(0o755)

    def run(self, *words: str, **env: str) -> Result:
        """`python -m aws *words*` in this folder."""
        before = Path.cwd()
        path = f"{self.home / 'bin'}:{os.environ['PATH']}"
        os.chdir(self.home)
        try:
            return CliRunner().invoke(main, words, env={"PATH": path, "PKI_HOME": "pki", **env})
        finally:
            os.chdir(before)


def deployable(folder: Path, moto: str, between: Between) -> Project:
    """One that can be deployed into *moto*, with a stack's name and a zone of its own."""
    made = Project(folder, f"stack-{uuid.uuid4().hex[:8]}", between)
    made.gateway.moto = moto
    route53 = boto3.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference=uuid.uuid4().hex)
    number = zone["HostedZone"]["Id"].rpartition("/")[2]
    made.configure(DomainName=NAME, HostedZoneId=f"Z{number}", AllowUris="spiffe://example.org/*")
    between.seen.clear()
    return made


def domain(
    status: str = "AVAILABLE", *, warnings: tuple[str, ...] = (), **change: Any
) -> dict[str, Any]:
    """What API Gateway says of a domain that works, but for what is changed."""
    return {
        "domainName": NAME,
        "domainNameStatus": status,
        "regionalDomainName": "d-1.execute-api.eu-central-1.amazonaws.com",
        "endpointConfiguration": {"types": ["REGIONAL"]},
        "securityPolicy": "TLS_1_2",
        "mutualTlsAuthentication": {
            "truststoreUri": BUCKET,
            "truststoreVersion": "v2",
            "truststoreWarnings": list(warnings),
        },
        **change,
    }


def _json(value: object, status: int = 200, **headers: str) -> Reply:
    sent = {"content-type": "application/json", **headers}
    return Reply(status, sent, json.dumps(value).encode())


def _absent() -> Reply:
    said = {"message": "Invalid domain name identifier specified"}
    return _json(said, 404, **{"x-amzn-errortype": "NotFoundException"})
