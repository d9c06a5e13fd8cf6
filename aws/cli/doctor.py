"""doctor: why an API with mutual TLS does not work; no private key is ever read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from . import context

if TYPE_CHECKING:
    from aws.doctor.facts import Question
    from aws.doctor.inside import Inside
    from aws.doctor.url import Url


class Options(TypedDict):
    """The options of doctor."""

    cert: str | None
    key: str | None
    ca: str | None
    truststore: str | None
    domain: str | None
    profile: str
    region: str
    as_json: bool


@click.command()
@click.argument("url")
@click.option("--cert", help="Present this certificate, with its --key.")
@click.option("--key", help="Goes to OpenSSL by its path, and is not read here.")
@click.option("--ca", help="The CAs to verify the server with; the system's by default.")
@click.option("--truststore", help="What the server should trust: would it take the certificate?")
@click.option("--domain", help="Ask AWS too: this is the custom domain's name there.")
@click.option("--profile", default="", help="With --domain: whose credentials; as in the AWS CLI.")
@click.option("--region", default="", help="With --domain: where; as in the AWS CLI by default.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def main(ctx: click.Context, url: str, **options: Unpack[Options]) -> None:
    """Find out why an API with mutual TLS does not work: from the outside in, and change nothing.

    \b
    python -m aws doctor https://localhost:8443 --ca .pki/ca.pem \\
        --cert .pki/clients/billing.pem --key .pki/clients/billing.key
    python -m aws doctor https://api.example.com/orders --cert partner.pem --key partner.key \\
        --domain api.example.com

    What is found comes in the order of cause: mend the first, and ask again. Every cause is in
    docs/troubleshooting.md. Exit codes: 0 nothing is wrong, 1 an error, 2 wrong usage.
    """  # noqa: D301
    from aws.doctor import report  # noqa: PLC0415  (--help is instant without)
    from aws.doctor.checks import diagnose  # noqa: PLC0415
    from aws.doctor.probe import examine  # noqa: PLC0415
    from pki.findings import errors  # noqa: PLC0415

    question = _question(_url(url), options)
    asked = _ask_aws(question, options)
    facts = examine(question)
    facts = replace(facts, inside=asked()) if asked else facts
    found = diagnose(facts)
    said = report.as_json if options["as_json"] else report.text
    click.echo(said(facts, found))
    ctx.exit(1 if errors(found) else 0)


def _ask_aws(question: "Question", options: Options) -> "Callable[[], Inside] | None":
    """Begin to ask AWS, where that is wanted; what is returned waits for the answers."""
    name = options["domain"]
    if name is None:
        return None
    from aws.account import sign_in  # noqa: PLC0415
    from aws.doctor.account import Questions, begin  # noqa: PLC0415

    profile, base = options["profile"], context.execute_api()
    region = options["region"] or context.region()

    def ask() -> "Inside":
        account = sign_in(profile, region)
        asked = Questions(account, question.now, question.seconds)
        return asked.about(name, base, question.lookup)

    return begin(ask, question.seconds)


def _url(text: str) -> "Url":
    from aws.doctor import url  # noqa: PLC0415

    try:
        return url.parse(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _question(url: "Url", options: Options) -> "Question":
    from aws.doctor.facts import Question  # noqa: PLC0415
    from pki import truststore  # noqa: PLC0415

    certificate, key, ca, trusted = (
        Path(given) if given else None
        for given in (options["cert"], options["key"], options["ca"], options["truststore"])
    )
    if (certificate is None) != (key is None):
        raise click.UsageError("--cert and --key go together")
    return Question(
        url=url,
        now=context.now(),
        ca=ca,
        certificate=certificate,
        key=key,
        truststore=truststore.read(trusted) if trusted else None,
        truststore_name=str(trusted or ""),
    )
