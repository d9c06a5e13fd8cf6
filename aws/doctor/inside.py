"""What AWS says of the domain: the part of the facts that takes an account."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from aws.domain import Domain

from .names import Names


@dataclass(frozen=True, slots=True)
class Inside:
    """What was read from AWS; None = not asked, or these credentials may not know.

    target: what DNS says of the domain's regional name, to which its record has to lead;
    truststore: the version that is in force, called *truststore_name*.
    """

    domain: Domain | None = None
    target: Names | None = None
    truststore: Sequence[x509.Certificate] | None = None
    truststore_name: str = ""
