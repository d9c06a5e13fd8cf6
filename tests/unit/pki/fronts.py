"""A client at both fronts: what tests of acceptance ask."""

import subprocess
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pki.acceptance import Front, Refused, Verdict, decide
from pki.reasons import REASONS
from tests.builders import Holder, authority, leaf, pem
from tests.unit.pki.oddities import NOW

FRONTS: tuple[Front, ...] = ("api-gateway", "alb")
ROOT = authority()
ISSUING = authority(subject="CN=Issuing,O=Test", issuer=ROOT)
STORE = (ROOT, ISSUING)
GOOD = leaf(issuer=ISSUING)


class Client(NamedTuple):
    """Who comes: the leaf's holder, the truststore, what is sent after the leaf."""

    holder: Holder
    truststore: tuple[Holder, ...] = STORE
    sent: tuple[Holder, ...] = ()


def verdict(client: Client, front: Front, now: datetime = NOW) -> Verdict:
    sent, truststore = (
        [holder.certificate for holder in holders] for holders in (client.sent, client.truststore)
    )
    return decide(client.holder.certificate, sent, truststore, front=front, now=now)


def code(client: Client, front: Front, now: datetime = NOW) -> str:
    """The code of a refusal; "" for an accepted one, whose path is looked at."""
    found = verdict(client, front, now)
    if isinstance(found, Refused):
        words = REASONS[found.code][front]
        assert (found.aws, found.source) == (words.aws, words.source)
        assert found.because
        return found.code
    assert found.path[0] == client.holder.certificate
    assert found.path[-1] in [holder.certificate for holder in client.truststore]
    assert 2 <= len(found.path) <= 5
    assert found.not_before <= now < found.not_after
    return ""


def openssl_accepts(client: Client, folder: Path) -> bool:
    """Whether OpenSSL does, asked as the laptop's nginx asks it (proxy/tls.conf)."""
    files = {"leaf": (client.holder,), "sent": client.sent, "truststore": client.truststore}
    for name, holders in files.items():
        (folder / name).write_text("".join(pem(holder.certificate) for holder in holders))
    command = "openssl verify -purpose sslclient -auth_level 2 -verify_depth 3 -no-CApath -attime"
    words = [*command.split(), str(int(NOW.timestamp())), "-CAfile", str(folder / "truststore")]
    if client.sent:
        words += ["-untrusted", str(folder / "sent")]
    ran = subprocess.run([*words, str(folder / "leaf")], capture_output=True, check=False)
    return ran.returncode == 0
