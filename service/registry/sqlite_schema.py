"""Which tables a file has, in which version, and whether this release can use them."""

from __future__ import annotations

import shlex
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path

from .store import StoreUnavailable

#: PRAGMA application_id ("mtls"), so that nobody's other file is taken for one of ours.
_APPLICATION = 0x6D746C73
#: PRAGMA user_version: how the file says which tables it has.
_LAYOUT = 1
_NEWER = "start the release that wrote it, or a newer one; or name another file in CLIENT_REGISTRY"
_ANOTHER = "name another file in CLIENT_REGISTRY: this one is not touched"
_MAY_WRITE = (
    "whoever runs this must be able to write the file and its folder: ls -ld {folder} {path}"
)
_PUT_AWAY = (
    "put it away, and restore your last copy or import your last export: "
    "mkdir {path}.broken && mv {path} {path}-* {path}.broken/"
)
#: By the beginning of SQLite's name of the error.
_HINTS = {
    "SQLITE_READONLY": _MAY_WRITE,
    "SQLITE_CANTOPEN": _MAY_WRITE,
    "SQLITE_PERM": _MAY_WRITE,
    "SQLITE_NOTADB": _PUT_AWAY,
    "SQLITE_CORRUPT": _PUT_AWAY,
    "SQLITE_BUSY": "see who holds it: fuser {path}",
    "SQLITE_FULL": "make room: df {folder}",
}


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one part of the service, such as "registry"; a file may have several parts'.

    steps: the statements that lead to version 1, from there to version 2, and so on.
    """

    part: str
    steps: tuple[tuple[str, ...], ...]


def migrate(path: Path, connection: sqlite3.Connection, schema: Schema) -> None:
    """Bring *schema*'s tables up to this release's, inside the caller's transaction.

    Raises StoreUnavailable if the file is another application's, or of a newer release.
    """
    _require_ours(path, connection)
    # Also tells whether it can be written: of a file that cannot, BEGIN IMMEDIATE only reads.
    connection.execute(f"PRAGMA user_version = {_LAYOUT}")
    found = connection.execute("SELECT version FROM parts WHERE part = ?", (schema.part,))
    (version,) = found.fetchone() or (0,)
    newest = len(schema.steps)
    if version > newest:
        why = f"its {schema.part} has version {version}, expected {newest} or older"
        raise unusable(path, why, _NEWER)
    for step in schema.steps[version:]:
        for statement in step:
            connection.execute(statement)
    if version < newest:
        connection.execute("INSERT OR REPLACE INTO parts VALUES (?, ?)", (schema.part, newest))


def _require_ours(path: Path, connection: sqlite3.Connection) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not (application or layout or tables):
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute("CREATE TABLE parts (part TEXT PRIMARY KEY, version INTEGER NOT NULL)")
    elif application != _APPLICATION:
        raise unusable(path, "it is another application's", _ANOTHER)
    elif layout > _LAYOUT:
        raise unusable(path, f"its layout is {layout}, expected {_LAYOUT}", _NEWER)


def require_ours_alone(path: Path) -> None:
    """Raise StoreUnavailable if everybody may write the file, or put another one in its place.

    Who is an administrator is in it.
    """
    try:
        file, folder = path.stat().st_mode, path.parent.stat().st_mode
    except OSError as error:
        raise forbidden(path, error) from error
    if file & stat.S_IWOTH:
        raise unusable(path, "everybody may write it", "chmod o-w {path}")
    if folder & stat.S_IWOTH and not folder & stat.S_ISVTX:
        raise unusable(path, "everybody may put another in its place", "chmod o-w {folder}")


def require_whole(path: Path, connection: sqlite3.Connection) -> None:
    """Raise StoreUnavailable if the file is damaged. It is read as a whole."""
    (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise unusable(path, f"it is damaged: {said.splitlines()[-1]}", _PUT_AWAY)


def refusal(path: Path, error: sqlite3.Error) -> StoreUnavailable:
    """Return what to say of *error*, which SQLite had with the file *path*."""
    name = getattr(error, "sqlite_errorname", "")
    hint = next((hint for start, hint in _HINTS.items() if name.startswith(start)), "")
    return unusable(path, str(error), hint)


def forbidden(path: Path, error: OSError) -> StoreUnavailable:
    """Return what to say of *error*, which the system had with the file *path*."""
    return unusable(path, (error.strerror or str(error)).lower(), _MAY_WRITE)


def unusable(path: Path, why: str, hint: str) -> StoreUnavailable:
    """Return what says that *path* cannot be used, *hint* with {path} and {folder} filled in."""
    named = {"path": shlex.quote(str(path)), "folder": shlex.quote(str(path.parent))}
    return StoreUnavailable(f"{path}: {why}", hint.format(**named))
