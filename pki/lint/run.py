"""Every rule, and one run of them over a file."""

import warnings
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby

from pki.algorithms import key_fault, signature_fault
from pki.findings import Finding, Severity
from pki.verdict import Front

from . import of_certificates, of_files, of_limits, of_relations, of_times
from .family import relate
from .members import Member, read
from .rule import FRONTS, Bundle, Faults, Hit, Rule
from .scan import Scan, private_keys, scan

#: By what they are about; docs/lint.md has them in this order.
GROUPS: dict[str, tuple[Rule, ...]] = {
    "The file": of_files.RULES,
    "How much there is": of_limits.RULES,
    "Each certificate": of_certificates.RULES,
    "Validity and names": of_times.RULES,
    "How they stand to each other": of_relations.RULES,
}
RULES: tuple[Rule, ...] = tuple(rule for rules in GROUPS.values() for rule in rules)
WITHIN = timedelta(days=30)

#: Of one rule; a file may break it a thousand times.
MOST_FINDINGS = 50
# What can be asked of a file that is not read.
_OF_ANY_SIZE = ("private-key", "too-large")
_ORDER = list(Severity)


def lint(
    content: bytes, *, front: Front | None = None, now: datetime, within: timedelta = WITHIN
) -> list[Finding]:
    """Return what is to be said of the truststore *content* at the aware time *now*, worst first.

    Whatever *content* is, nothing is raised. Without *front* it is held against both, and a
    finding that concerns one of them alone says which. *within*: what "soon" is.
    """
    asked = FRONTS if front is None else (front,)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of much that is found here
        bundle = _bundle(content, asked, now, within)
        is_read = len(content) <= of_limits.LARGEST_READ
        found = [
            finding
            for rule in RULES
            if is_read or rule.code in _OF_ANY_SIZE
            for finding in _findings(rule, bundle, asked)
        ]
    return sorted(found, key=lambda finding: (_ORDER.index(finding.severity), finding.line))


def _bundle(content: bytes, asked: tuple[Front, ...], now: datetime, within: timedelta) -> Bundle:
    is_read = len(content) <= of_limits.LARGEST_READ
    scanned = scan(content) if is_read else Scan(keys=private_keys(content))
    members, broken = read(scanned.blocks)
    family = relate(members)
    authorities = list(filter(family.is_authority, family.members))
    return Bundle(
        content,
        scanned,
        members,
        broken,
        family,
        now,
        within,
        authorities,
        asked,
        dict(_faults(family.members, asked)),
    )


def _faults(
    members: Iterable[Member], asked: tuple[Front, ...]
) -> Iterator[tuple[tuple[Member, Front], Faults]]:
    for member in members:
        for front in asked:
            key = key_fault(member.certificate, front)
            signature = signature_fault(member.certificate, front)
            if key or signature:
                yield (member, front), Faults(key, signature)


def _findings(rule: Rule, bundle: Bundle, asked: tuple[Front, ...]) -> list[Finding]:
    """What is told of the breaches of *rule*: the first of them, and how many more there are."""
    breaches = list(_breaches(rule, bundle, asked))
    found = [_finding(rule, *breach) for breach in breaches[:MOST_FINDINGS]]
    more = len(breaches) - MOST_FINDINGS
    if more > 0:
        _, front, alone, source = breaches[MOST_FINDINGS]
        found.append(_finding(rule, Hit(f"and {more:,} more like this"), front, alone, source))
    return found


def _breaches(
    rule: Rule, bundle: Bundle, asked: tuple[Front, ...]
) -> Iterator[tuple[Hit, Front, str, str]]:
    """A breach, a front that has it, that front if it has it alone, and the source.

    Once where the fronts agree, and for each of them where they do not.
    """
    hits = [(hit.message, hit.about, hit.line, hit) for hit in rule.check(bundle)]
    for _, group in groupby(hits, key=lambda hit: hit[:3]):
        same = [hit[-1] for hit in group]
        fronts = [front for front in asked if front in rule.grades and _concerns(same, front)]
        severities = {rule.grades[front].severity for front in fronts}
        if len(severities) == 1 and len(fronts) == len(FRONTS):
            sources = dict.fromkeys(rule.grades[front].source for front in fronts)
            yield same[0], fronts[0], "", "; ".join(sources)
            continue
        for front in fronts:
            yield same[0], front, front, rule.grades[front].source


def _concerns(hits: list[Hit], front: Front) -> bool:
    return any(hit.front in {None, front} for hit in hits)


def _finding(rule: Rule, hit: Hit, front: Front, alone: str, source: str) -> Finding:
    return Finding(
        rule.grades[front].severity,
        f"truststore.{rule.code}",
        hit.message,
        rule.remedy,
        hit.about if isinstance(hit.about, str) else hit.about.label,
        source,
        alone,
        hit.line,
    )
