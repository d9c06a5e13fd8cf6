"""Where the pki image comes in: it becomes the owner of the checkout, and then does the work.

stack                 make what is missing, hand the proxy its certificates, serve CRL and OCSP
publish               hand them over, after a change
issue client alice    as any other command of python -m pki; a new CRL is handed over too
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from . import keys, truststore
from .errors import PkiError
from .keeper import Keeper
from .store import Store

HOME = Path(".pki")  # in the work folder: a path that we name is the path outside
CHECKOUT = Path("/checkout")  # a file of the checkout: its owner is whom we work for
PROXY_TLS = Path("/tls")  # server leaf and key, truststore: for the proxy alone
TRUSTSTORE = Path("/truststore")  # for the service
CRL = TRUSTSTORE / "crl.pem"
PROXY_GROUP = 65532

SERVE = ("serve", "--bind", "0.0.0.0:8085", "--crl-copy", str(CRL))
MADE = (
    ("init",),
    ("issue", "server", "localhost", "127.0.0.1", "::1", "--if-needed"),
    ("issue", "client", "billing", "--if-needed"),
)


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    words = tuple(sys.argv[1:])
    try:
        _become_owner()
    except OSError as error:
        sys.stderr.write(f"error: cannot become the owner of the checkout: {error}\n")
        sys.stderr.write("  hint: start it with: docker compose run --rm pki\n")
        return 1
    os.umask(0o022)
    if words == ("stack",):
        # The stack's own leaves must be readable unattended.
        os.environ.pop("PKI_LEAF_PASSPHRASE", None)
        for command in MADE:
            if code := _pki(*command):
                return code
    elif words != ("publish",):
        code = _pki(*words)
        return _handed_over(_publish_crl) or code
    if _handed_over(_publish):
        return 1
    if words == ("stack",):
        _drop_rights()
        os.execv(sys.executable, [sys.executable, "-m", "pki", *SERVE])  # noqa: S606
    return 0


def _handed_over(publish: Callable[[Store], None]) -> int:
    """Return the exit code of *publish*."""
    try:
        publish(Store(HOME))
    except PkiError as error:
        sys.stderr.write(f"error: {error}\n  hint: {error.hint}\n")
        return 1
    return 0


def _become_owner() -> None:
    """Be whoever owns the checkout, so that what we make is theirs; they also own our volumes."""
    if os.geteuid() != 0:
        return
    owner = CHECKOUT.stat()
    # Docker makes a missing folder as root.
    if HOME.stat().st_uid == 0:
        os.chown(HOME, owner.st_uid, owner.st_gid)
    for folder, group, mode in ((PROXY_TLS, PROXY_GROUP, 0o750), (TRUSTSTORE, owner.st_gid, 0o755)):
        folder.chmod(mode)
        os.chown(folder, owner.st_uid, group)
    # A member of the proxy's group may give a file to it.
    os.setgroups([PROXY_GROUP])
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)


def _drop_rights() -> None:
    """Listen without the rights that it took to get here; a checkout of root's would keep them.

    As no-new-privileges is set, what is executed next does not get them back (capabilities(7)).
    """
    if os.geteuid() != 0:
        return
    version_3, this_process = 0x20080522, 0
    header = (ctypes.c_uint32 * 2)(version_3, this_process)
    if ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capset")


def _publish_crl(store: Store) -> None:
    if store.is_made():
        Keeper(store, bytes, CRL).publish()


def _publish(store: Store) -> None:
    store.require()
    now = datetime.now(UTC)
    truststore.build(truststore.gather([store.home / "truststore.pem"], now), now)
    for folder in (PROXY_TLS, TRUSTSTORE):
        for source in (store.home / "truststore.pem", store.home / "ca.pem"):
            store.write(folder / source.name, source.read_bytes())
    server = store.home / "server"
    store.write(PROXY_TLS / "localhost.pem", (server / "localhost.pem").read_bytes())
    _publish_crl(store)
    keys.hand_over(server / "localhost.key", PROXY_TLS / "localhost.key", PROXY_GROUP)


def _pki(*words: str) -> int:
    return subprocess.run([sys.executable, "-m", "pki", *words], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
