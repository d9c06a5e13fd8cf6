"""samconfig.toml: what `sam` would use; read here so that it can be checked before."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pki.errors import filesystem

from . import overrides
from .errors import AwsRefused

FILE = Path("samconfig.toml")
DEFAULT = "default"  #: SAM's name for the environment when none is given


@dataclass(frozen=True, slots=True)
class SamConfig:
    """What `sam deploy` gets from one environment of the file; "" = not set there."""

    environment: str = DEFAULT
    stack_name: str = ""
    region: str = ""
    profile: str = ""
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    settings: frozenset[str] = frozenset()  #: the names of all that is set


def read(path: Path, environment: str = DEFAULT) -> SamConfig:
    """Return what the file says to `sam deploy` in *environment*; without the file, nothing.

    What is set for all commands ("global") counts where "deploy" does not set it.
    """
    document = _document(path)
    if environment not in document and environment != DEFAULT:
        near = difflib.get_close_matches(environment, document, 1) or [DEFAULT]
        raise AwsRefused(
            f"{path} has no environment {environment!r}", f"--config-env {near[0]}, or add it there"
        )
    sections = document.get(environment, {})
    found: dict[str, object] = {}
    for section in ("global", "deploy"):
        found |= _table(_table(sections, section, path), "parameters", path)
    return SamConfig(
        environment=environment,
        stack_name=_text(found, "stack_name", path),
        region=_text(found, "region", path),
        profile=_text(found, "profile", path),
        parameters=MappingProxyType(overrides.read(found.get("parameter_overrides", ""))),
        settings=frozenset(found),
    )


def _document(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    with filesystem("read", path):
        content = path.read_bytes()
    try:
        return tomllib.loads(content.decode())
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are
        raise AwsRefused(f"{path} cannot be read: {error}", f"correct it: {path}") from error


def _table(section: object, name: str, path: Path) -> Mapping[str, object]:
    if not isinstance(section, Mapping) or not isinstance(section.get(name, {}), Mapping):
        raise AwsRefused(
            f"{path} has something else where {name!r} is a table",
            "expected [default.deploy.parameters]",
        )
    found: Mapping[str, object] = section.get(name, {})
    return found


def _text(found: Mapping[str, object], name: str, path: Path) -> str:
    value = found.get(name, "")
    if not isinstance(value, str):
        raise AwsRefused(f"{path} has {name} = {value!r}, expected a text", f'{name} = "…"')
    return value
