"""truststore show: who issued whom, and until when."""

from datetime import datetime
from pathlib import Path

import click

from pki import timeline, tree, truststore
from pki.errors import filesystem

from . import context
from .linter import read
from .moment import Moment


@click.command("show")
@click.argument("file", required=False)
@click.option("--at", type=Moment(), help="At another time than now, such as 2027-01-31.")
@click.option("--svg", metavar="PATH", help="Draw a timeline into this file; - prints it.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def main(file: str | None, *, at: datetime | None, svg: str | None, as_json: bool) -> None:
    """Show what is in FILE, .pki/truststore.pem by default, - for standard input: a tree.

    \b
    python -m pki truststore show partners.pem
    python -m pki truststore show partners.pem --svg partners.svg
    """  # noqa: D301
    now = at or context.now()
    name = str(context.store().truststore) if file is None else file
    found = truststore.parse(read(name), repr(name))
    nodes = [] if as_json and svg is None else tree.nodes(found)
    if svg == "-":
        click.echo(timeline.svg(nodes, now), nl=False)
        return
    if svg is not None:
        _write(Path(svg), timeline.svg(nodes, now))
    click.echo(tree.as_json(found, now) if as_json else tree.text(nodes, now))


def _write(path: Path, picture: str) -> None:
    with filesystem("write", path):
        path.write_text(picture, encoding="utf-8")
