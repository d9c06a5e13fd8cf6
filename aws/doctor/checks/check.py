"""What a check is, and how it says what it has found."""

import shlex
from collections.abc import Callable, Iterator, Mapping

from aws.doctor.causes import CAUSES
from aws.doctor.facts import Facts
from pki.findings import Finding

Check = Callable[[Facts], Iterator[Finding]]


def finding(facts: Facts, code: str, message: str, **more: str) -> Finding:
    """Return the finding *code* of *facts*; *more*: words for its command."""
    return CAUSES[code].finding(message, facts.question.url.address, {**_words(facts), **more})


def _words(facts: Facts) -> Mapping[str, str]:
    question = facts.question
    url = question.url
    words = {
        "address": url.address,
        "ca": f"--ca {shlex.quote(str(question.ca))}" if question.ca else "",
        "host": url.host,
        "openssl_ca": f"-CAfile {shlex.quote(str(question.ca))}" if question.ca else "",
        "path": shlex.quote(url.path) if url.path else "",
        "port": str(url.port),
        "url": shlex.quote(f"{url.origin}{url.paths[0]}"),
    }
    if facts.reached:
        words["ip"] = facts.reached[0].address
    if question.certificate:
        words["cert"] = shlex.quote(str(question.certificate))
    if question.key:
        words["key"] = shlex.quote(str(question.key))
    if question.truststore_name:
        words["truststore"] = shlex.quote(question.truststore_name)
    return words
