"""Which CAs a new one replaces, and what both truststores of a rotation hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from pki.describe import fingerprint, printable
from pki.truststore import is_issued_by

from .errors import AwsRefused
from .rotation import Rotation

Certificates = Sequence[x509.Certificate]
_SHORT = 16


@dataclass(frozen=True, slots=True)
class Succession:
    """CAs *in_force*, the *new* ones, and those of *in_force* that are *leaving* for them."""

    in_force: Certificates
    new: Certificates
    leaving: Certificates

    @property
    def both(self) -> list[x509.Certificate]:
        """Return the truststore in between."""
        return list(dict.fromkeys([*self.new, *self.in_force]))

    @property
    def target(self) -> list[x509.Certificate]:
        """Return the truststore at the end."""
        return [one for one in self.both if one not in self.leaving]

    @property
    def rotation(self) -> Rotation:
        """Return the same as fingerprints."""
        return Rotation(fingerprints(self.both), fingerprints(self.target))


def succeed(in_force: Certificates, new: Certificates, replaces: str, now: datetime) -> Succession:
    """Return what *new* CAs replace of those *in_force*: the one named *replaces*, and its own.

    *replaces* is a fingerprint or the beginning of one, a subject or its common name; "" stands for
    the only one that it can be. With it go the CAs that have no issuer left. Those that have
    expired at *now* are left out: nobody comes in by them.
    """
    standing = [one for one in in_force if one.not_valid_after_utc > now]
    others = [one for one in standing if one not in new]
    tops = [one for one in others if not any(_is_above(two, one) for two in others)]
    chosen = _named(others, replaces) if replaces else _only(tops)
    leaving = _with_orphans(chosen, standing, new)
    return Succession(standing, list(new), leaving)


def fingerprints(certificates: Iterable[x509.Certificate]) -> frozenset[str]:
    """Return the SHA-256 fingerprints of *certificates*."""
    return frozenset(map(fingerprint, certificates))


def named(certificates: Certificates, text: str) -> list[x509.Certificate]:
    """Return those of *certificates* that *text* names; none if nothing does."""
    prefix = text.lower().replace(":", "")
    return [
        one
        for one in certificates
        if text in {one.subject.rfc4514_string(), *_common_names(one)}
        or (len(prefix) >= _SHORT // 2 and fingerprint(one).startswith(prefix))
    ]


def _named(others: Certificates, replaces: str) -> list[x509.Certificate]:
    found = named(others, replaces)
    if not found:
        raise AwsRefused(
            f"no other CA in force is called {replaces!r}", f"one of: {_listed(others)}"
        )
    return found


def _only(tops: Certificates) -> list[x509.Certificate]:
    if len(tops) > 1:
        raise AwsRefused(
            f"{len(tops)} CAs in force could be the one to replace",
            f"say which: --replaces, one of: {_listed(tops)}",
        )
    return list(tops)


def _with_orphans(
    chosen: Certificates, in_force: Certificates, new: Certificates
) -> list[x509.Certificate]:
    """Return *chosen*, and the CAs of *in_force* to whose issuers no way is left."""
    leaving = list(chosen)
    while True:
        staying = [one for one in (*in_force, *new) if one not in leaving or one in new]
        orphans = [
            one
            for one in in_force
            if one not in leaving
            and one not in new
            and any(is_issued_by(one, two) for two in leaving)
            and not any(is_issued_by(one, two) for two in staying)
        ]
        if not orphans:
            return [one for one in in_force if one in leaving]
        leaving += orphans


def _is_above(authority: x509.Certificate, other: x509.Certificate) -> bool:
    return authority != other and is_issued_by(other, authority)


def _common_names(certificate: x509.Certificate) -> list[str]:
    found = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return [str(one.value) for one in found]


def _listed(certificates: Certificates) -> str:
    return "; ".join(
        f"{printable(one.subject.rfc4514_string())} ({fingerprint(one)[:_SHORT]})"
        for one in certificates
    )
