"""Who issued a certificate: by name, key identifier and signature, as far as a search may go."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from .errors import UNREADABLE
from .purposes import (
    asks_by_number,
    authority_key_identifier,
    form_fault,
    key_identifier,
    key_identifiers,
)
from .search import Search, cost_of_key, cost_of_size
from .tbs import parts

#: Of those that have another key identifier than is asked for, as many are told.
FEW = 8
_Certificates = list[x509.Certificate]


def is_signed_by(
    certificate: x509.Certificate, issuer: x509.Certificate, search: Search | None = None
) -> bool:
    """Whether *issuer*'s name and key stand behind *certificate* (RFC 5280, 6.1.3).

    No if nobody is to use that key (search.cost_of_key), or once *search* is over.
    """
    child = parts(certificate)
    if child.issuer != (child if certificate is issuer else parts(issuer)).subject:
        return False
    cost = cost_of_key(issuer)
    if not cost or (search and not search.may(cost + cost_of_size(child.size))):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


class Named:
    """Certificates by subject, octet for octet."""

    def __init__(self, certificates: Iterable[x509.Certificate]) -> None:
        self._by_subject: dict[bytes, _Certificates] = defaultdict(list)
        self._known: dict[bytes, _Namesakes] = {}
        for certificate in dict.fromkeys(certificates):
            self._by_subject[parts(certificate).subject].append(certificate)

    def issuers_of(
        self, child: x509.Certificate, search: Search
    ) -> tuple[_Certificates, _Certificates]:
        """Return who issued *child*, and who bears that name and did not; *child* is neither.

        Malformed ones are left out. Of those with another key identifier than *child* asks for
        (RFC 5280, 4.2.1.1) the latter end with FEW: whether these signed it is not looked at.
        """
        namesakes = self._of(parts(child).issuer)
        issuers, others = _told_apart(child, namesakes.not_contradicted_by(child), search)
        return issuers, [*others, *namesakes.contradicted_by(child)]

    def _of(self, subject: bytes) -> "_Namesakes":
        if subject not in self._known:
            found = [one for one in self._by_subject.get(subject, ()) if not _is_malformed(one)]
            by_identifier = defaultdict(list)
            for one in found:
                by_identifier[key_identifier(one)].append(one)
            self._known[subject] = _Namesakes(found, by_identifier)
        return self._known[subject]


@dataclass(frozen=True, slots=True)
class _Namesakes:
    """Certificates with one subject, in their order, and by key identifier."""

    every: _Certificates
    by_identifier: dict[bytes | None, _Certificates]

    def not_contradicted_by(self, child: x509.Certificate) -> _Certificates:
        """Return those that have no other key identifier than *child* asks for."""
        wanted = _wanted(child)
        if wanted is None:
            return self.every
        return [*self.by_identifier.get(wanted, ()), *self.by_identifier.get(None, ())]

    def contradicted_by(self, child: x509.Certificate) -> _Certificates:
        """Return a few of those that have another."""
        wanted = _wanted(child)
        same = {None, wanted} if wanted is not None else set(self.by_identifier)
        others = (group for known, group in self.by_identifier.items() if known not in same)
        return list(islice(chain.from_iterable(others), FEW))


def _wanted(child: x509.Certificate) -> bytes | None:
    above = authority_key_identifier(child)
    return above.key_identifier if above else None


def _told_apart(
    child: x509.Certificate, candidates: _Certificates, search: Search
) -> tuple[_Certificates, _Certificates]:
    """Return of *candidates* those that issued *child*, and the others.

    If *search* does not reach for all of them nobody is asked: half an answer would be none.
    """
    rest = [one for one in candidates if one != child]
    size = cost_of_size(parts(child).size)
    if asks_by_number(authority_key_identifier(child)):
        if not search.may(len(rest) * (1 + size)):
            return [], rest
        likely = [one for one in rest if key_identifiers(child, one) is None]
    else:
        likely = rest
    by_key = {parts(one).key: one for one in likely}
    if not all(search.may(cost_of_key(one) + size) for one in by_key.values()):
        return [], rest
    signers = {key for key, one in by_key.items() if is_signed_by(child, one)}
    issuers = [one for one in likely if parts(one).key in signers]
    known = set(issuers)
    return issuers, [one for one in rest if one not in known]


def _is_malformed(certificate: x509.Certificate) -> bool:
    fault = form_fault(certificate)
    return fault is not None and fault.code == "malformed"
