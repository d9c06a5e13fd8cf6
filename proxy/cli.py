"""python -m proxy: the only place that reads the environment, and the only one that prints."""

from __future__ import annotations

import argparse
import logging
import re
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from . import function
from .admission import Admission
from .errors import GatewayError
from .gateway import Gateway
from .limits import LARGEST_BODY
from .request import Settings
from .server import Server
from .throttle import ClientThrottle, Throttle, burst_from, rate_from

_EPILOG = """\
python -m proxy gateway --socket .run/gateway.sock --truststore .pki/truststore.pem \\
    --invoke service.lambda_handler:handler"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exit 1 with `error:` and `hint:` if it cannot start."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    warnings.simplefilter("ignore")  # cryptography's, about certificates of others
    try:
        _serve(options)
    except GatewayError as error:
        print(f"error: {error.message}\n  hint: {error.hint}", file=sys.stderr)
        sys.exit(1)


def _serve(options: argparse.Namespace) -> None:
    settings = _settings(options)
    admission = Admission(options.truststore)
    function.here_first()
    gateway = Gateway(
        settings,
        admission,
        Throttle(options.rate, options.burst),
        function.from_target(options.invoke),
        options.timeout,
        clients=_client_throttle(options.client_rate, options.client_burst),
    )
    server = Server(options.socket, gateway.handle, largest_body=LARGEST_BODY)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    kind = "REST API" if settings.is_rest else "HTTP API"
    print(f"{kind}, stage {settings.stage}, on {options.socket}", file=sys.stderr, flush=True)
    server.serve(options.timeout + 1)


def _settings(options: argparse.Namespace) -> Settings:
    base_path = options.base_path.strip("/")
    if base_path and not re.fullmatch(r"[A-Za-z0-9$\-_.+!*'()/]{1,300}", base_path):
        raise GatewayError(
            f"--base-path is {base_path!r}, expected letters, digits and $-_.+!*'()/",
            "--base-path v1",
        )
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", options.domain_name):
        raise GatewayError(
            f"--domain-name is {options.domain_name!r}, expected a host name",
            "--domain-name api.example.com",
        )
    types = (part.strip().lower() for part in options.binary_media_types.split(","))
    is_rest = options.payload == "1.0"
    return Settings(
        payload=options.payload,
        stage=options.stage or ("prod" if is_rest else "$default"),
        base_path=f"/{base_path}" if base_path else "",
        domain_name=options.domain_name.lower(),
        binary_media_types=frozenset(part for part in types if part),
    )


def _client_throttle(rate: str, burst: str) -> ClientThrottle | None:
    if not rate and not burst:
        return None
    hint = "--client-rate 20/s --client-burst 40"
    try:
        per_second = rate_from(rate)
    except ValueError as error:
        raise GatewayError(f"--client-rate is {rate!r}, {error}", hint) from error
    try:
        return ClientThrottle(per_second, burst_from(burst))
    except ValueError as error:
        raise GatewayError(f"--client-burst is {burst!r}, {error}", hint) from error


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:  # noqa: PLR2004
        raise ValueError
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m proxy")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    gateway = commands.add_parser(
        "gateway",
        help="stand in for API Gateway, behind nginx",
        description="API Gateway on a laptop: behind nginx, which has seen the certificate.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = gateway.add_argument
    add("--socket", type=Path, required=True, help="the unix socket that nginx speaks to")
    add("--truststore", type=Path, required=True, help="read anew whenever it changes")
    add("--invoke", required=True, help="module:function, or the URL of a Lambda Invoke API")
    add("--payload", choices=("1.0", "2.0"), default="1.0", help="REST API (1.0) or HTTP API")
    add("--stage", help="prod for a REST API, $default for an HTTP API")
    add("--base-path", default="", help="of the domain's mapping, such as v1; none by default")
    add("--domain-name", default="localhost", help="the custom domain (localhost)")
    add("--rate", type=_positive, default=10_000, help="requests a second (10000)")
    add("--burst", type=_positive, default=5_000, help="requests at once (5000)")
    add("--client-rate", default="", help="of each certificate, such as 20/s or 90/m; no limit")
    add("--client-burst", default="", help="of each certificate at once, such as 40")
    add("--timeout", type=_positive, default=29, help="seconds for the function (29)")
    add(
        "--binary-media-types",
        default="",
        help="such as '*/*' or image/png,application/pdf; none by default; REST API alone",
    )
    return parser
