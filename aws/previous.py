"""Which truststore was in force before the one that is."""

from .errors import AwsRefused
from .versions import UNVERSIONED, Mark, Version, Versions


def previous(versions: Versions, in_force: str) -> str:
    """Return the version to go back to from *in_force*; AwsRefused if there is none.

    It is the one that a push has noted; without a note the newest before it that is not known to
    have been put back itself.
    """
    all_ = versions.all()
    there = {one.id for one in all_ if one.etag is not None}
    noted = versions.detail(in_force).push.before if in_force in there else ""
    if noted in there:
        return noted
    for one in _before(all_, in_force):
        if one.id in there and versions.detail(one.id).mark is not Mark.LEFT:
            return one.id
    raise AwsRefused(
        f"there is no truststore from before version {in_force or '(none)'} of"
        f" {versions.place.uri}",
        "push one: python -m aws truststore push FILE DOMAIN",
    )


def _before(all_: list[Version], in_force: str) -> list[Version]:
    ids = [one.id for one in all_]
    begin = ids.index(in_force) + 1 if in_force in ids else 0
    return [one for one in all_[begin:] if one.id not in UNVERSIONED]
