"""What mends a refusal: in words, and what to type."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .names import LONGEST_COMMON_NAME
from .profiles import LEAVES


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about a refusal, and the commands for it in their order."""

    text: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whose:
    """Who is refused: what our index calls the leaf ("" if it is not ours), and by what."""

    name: str = ""
    profile: str = "client"
    truststore: str = ""  #: the file, if it is not the PKI's own

    @property
    def build(self) -> str:
        """The command that adds CAs to the truststore; ours are always put in."""
        words = ["python -m pki truststore build"]
        file = shlex.quote(self.truststore)
        words += [file] if self.truststore else []
        words += [] if self.name else ["CA.pem"]
        words += [f"--out {file}"] if self.truststore else []
        return " ".join(words)

    @property
    def deploy(self) -> str:
        """The command that brings the truststore to AWS; a copy in S3 alone changes nothing."""
        if not self.truststore:
            return "make truststore && make deploy"
        return f"make truststore TRUSTSTORE={shlex.quote(self.truststore)} && make deploy"


_LONGEST = LONGEST_COMMON_NAME - len("-client")
_SIGN = "python -m pki sign NEW.csr --profile client"
_REQUEST = (
    "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc"
    " -keyout NEW.key -out NEW.csr -subj /CN=NAME"
)


def remedy(code: str, whose: Whose) -> Remedy:
    """Return what mends a refusal with *code*, a key of reasons.REASONS."""
    return REMEDIES[code](whose)


def _renewal(whose: Whose) -> Remedy:
    if not whose.name or whose.profile not in LEAVES:
        text = "its holder needs a new one: from the CA that made this one, or from ours by a CSR"
        return Remedy(text, (_SIGN,))
    name = shlex.quote(whose.name)
    return Remedy(
        "renew it, with the same key and names",
        (f"python -m pki issue {whose.profile} {name} --renew",),
    )


def _new_leaf(whose: Whose) -> Remedy:
    if not whose.name:
        text = "its holder makes a new key, and has a client leaf made for it: by its CA, or by us"
        return Remedy(text, (_REQUEST, _SIGN))
    name = shlex.quote(f"{whose.name[:_LONGEST]}-client")
    return Remedy("make a client leaf with a new key", (f"python -m pki issue client {name}",))


def _wait(_: Whose) -> Remedy:
    return Remedy("wait until then, or set the clock that is wrong", ("date -u",))


def _listed(whose: Whose) -> Remedy:
    text = "if you trust it, add that CA, and all above it up to the root, to the truststore"
    return Remedy(text, (whose.build, whose.deploy))


def _another(whose: Whose) -> Remedy:
    if whose.name:
        return _renewal(whose)
    text = "add the CA that really signed it to the truststore, or have a new leaf made"
    return Remedy(text, (whose.build, whose.deploy))


def _fewer(whose: Whose) -> Remedy:
    text = "have the leaf made by a CA nearer to the root, and list only that chain"
    return Remedy(text, (whose.build, whose.deploy))


def _other_authority(whose: Whose) -> Remedy:
    text = "ask the owner of that CA for one that will do, put it in, leave this one out, deploy it"
    return Remedy(text, (_fresh(whose), whose.deploy))


def _tidy(whose: Whose) -> Remedy:
    text = "build the truststore anew without the CA that leads nowhere"
    return Remedy(text, (_fresh(whose), whose.deploy))


def _send_less(_: Whose) -> Remedy:
    command = "openssl x509 -in CERT -out leaf.pem"
    return Remedy("send the leaf alone: the truststore holds what is above it", (command,))


def _fresh(whose: Whose) -> str:
    out = f" --out {shlex.quote(whose.truststore)}" if whose.truststore else ""
    return f"python -m pki truststore build CA.pem ROOT.pem{out}"


#: By code, in the order of reasons.REASONS.
REMEDIES: Mapping[str, Callable[[Whose], Remedy]] = {
    "malformed": _new_leaf,
    "version": _new_leaf,
    "serial-number": _renewal,
    "expired": _renewal,
    "not-yet-valid": _wait,
    "key-type": _new_leaf,
    "key-too-small": _new_leaf,
    "key-too-large": _new_leaf,
    "key-for-pss": _new_leaf,
    "signature-hash": _renewal,
    "signature-type": _renewal,
    "signature-pss": _renewal,
    "self-signed": _new_leaf,
    "self-signed-listed": _new_leaf,
    "authority": _new_leaf,
    "not-for-clients": _new_leaf,
    "may-not-sign": _new_leaf,
    "netscape-type": _new_leaf,
    "critical-extension": _new_leaf,
    "too-many-sent": _send_less,
    "issuer-not-found": _listed,
    "issuer-spelled-differently": _another,
    "issuer-has-another-key": _another,
    "issuer-has-another-identifier": _another,
    "chain-incomplete": _listed,
    "chain-too-long": _fewer,
    "search-too-large": _tidy,
    "path-length": _fewer,
    "name-constraints": _new_leaf,
    "several-paths": _tidy,
    "path-refused": _other_authority,
    "chain-member-version": _other_authority,
    "chain-member-serial-number": _other_authority,
    "chain-member-no-authority": _other_authority,
    "chain-member-may-not-issue": _other_authority,
    "chain-member-expired": _other_authority,
    "chain-member-not-yet-valid": _wait,
    "chain-member-key-type": _other_authority,
    "chain-member-key-too-small": _other_authority,
    "chain-member-key-too-large": _other_authority,
    "chain-member-key-for-pss": _other_authority,
    "chain-member-signature-hash": _other_authority,
    "chain-member-signature-type": _other_authority,
    "chain-member-signature-pss": _other_authority,
    "chain-member-not-for-clients": _other_authority,
    "chain-member-name-constraints": _other_authority,
    "chain-member-critical-extension": _other_authority,
}
