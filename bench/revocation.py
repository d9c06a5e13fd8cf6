"""The revocation index against the CRL that it is made of, a million serials in it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from service.revocation.build import refresh
from service.revocation.file import IndexFile
from service.revocation.settings import RevocationSettings
from stack.settings import ROOT

from .issuing import issuing
from .results import Bounded, Compared, Section, take_turns

COUNT = 1_000_000
BUILD, OPEN, RESIDENT, LOOKUP = 3.0, 20.0, 24.0, 10.0  # times, milliseconds, MB, microseconds
ABOUT = """\
A CRL of {count:,} entries with random serials of 16 octets and a reason each, {size:.0f} MB, signed
by our issuing CA with P-256. **Ours** is all of `service.revocation.build.refresh`: read the file,
check signature and scope, look at each entry, sort, write the index and fsync it. **Bare** is
cryptography alone: load the same CRL, and take `serial_number` of each entry once."""
ABOUT_OPEN = """\
`service.revocation.file.IndexFile.open` of that index, checksum over all of it included, in a fresh
process."""
ABOUT_RESIDENT = """\
How much that process grew, by `VmRSS`, from before the index was opened until after all of it was
read; of a mapped file, which all workers share."""
ABOUT_LOOKUP = """\
`Index.reason`, serials that are revoked and such that are not in turns; {calls} calls a round.
**cryptography** is `get_revoked_certificate_by_serial_number` of the same CRL, {few} calls a round,
serials likewise."""
FEW = 4


def measure(*, pairs: int, calls: int) -> list[Section]:
    """Make the CRL, build in turns, then look up in turns."""
    folder = ROOT / ".run"
    folder.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=folder) as run:
        settings = _settings(Path(run))
        data = Path(settings.sources[0]).read_bytes()
        index = Path(run, "index")
        ours, bare = take_turns(pairs, partial(_build, settings, index), partial(_iterate, data))
        looked_up = _in_fresh_process(index, settings.sources[0], pairs, calls)
    about = ABOUT.format(count=COUNT, size=len(data) / 1e6)
    what = f"{COUNT:,} serials"
    build = Section(
        "The revocation index, built", about, "seconds", [Compared(what, ours, bare, at_most=BUILD)]
    )
    opened = Bounded(what, looked_up["open"], OPEN)
    resident = Bounded(what, [looked_up["resident"]], RESIDENT)
    return [
        build,
        Section("The revocation index, opened", ABOUT_OPEN, "milliseconds", [opened]),
        Section("The revocation index, in memory", ABOUT_RESIDENT, "MB", [resident]),
        Section(
            "The revocation index, asked",
            ABOUT_LOOKUP.format(calls=calls, few=FEW),
            "microseconds a call",
            [
                Bounded("lookup", looked_up["ours"], LOOKUP),
                Compared("lookup", looked_up["ours"], looked_up["bare"]),
            ],
            names=("ours", "cryptography"),
        ),
    ]


def _settings(run: Path) -> RevocationSettings:
    authority = issuing("ec-p256")
    now = datetime.now(UTC).replace(microsecond=0)
    numbers = random.Random(5)  # noqa: S311
    reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
    revoked = [
        x509.RevokedCertificateBuilder(1 << 126 | numbers.getrandbits(126), now)
        .add_extension(reason, critical=False)
        .build()
        for _ in range(COUNT)
    ]
    crl = x509.CertificateRevocationListBuilder(
        authority.certificate.subject, now, now + timedelta(days=1), revoked_certificates=revoked
    ).add_extension(x509.CRLNumber(1), critical=False)
    source, truststore = run / "crl.der", run / "truststore.pem"
    source.write_bytes(crl.sign(authority.key, SHA256()).public_bytes(Encoding.DER))
    truststore.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    return RevocationSettings((str(source),), (str(truststore),))


def _build(settings: RevocationSettings, folder: Path) -> float:
    rmtree(folder, ignore_errors=True)
    file = IndexFile.of(folder, "")
    started = time.perf_counter()
    problems = refresh(settings, file, datetime.now(UTC))
    took = time.perf_counter() - started
    if problems or file.open().blocks[0].count != COUNT:
        raise RuntimeError(f"not what was built: {problems}")
    return took


def _iterate(data: bytes) -> float:
    started = time.perf_counter()
    count = sum(1 for entry in x509.load_der_x509_crl(data) if entry.serial_number)
    took = time.perf_counter() - started
    if count != COUNT:
        raise RuntimeError(f"{count} entries")
    return took


def _in_fresh_process(index: Path, source: str, rounds: int, calls: int) -> Any:  # noqa: ANN401
    words = [str(index), source, str(rounds), str(calls)]
    command = [sys.executable, "-m", "bench.revocation", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _asked(index: Path, source: str, rounds: int, calls: int) -> dict[str, object]:
    """In a process that has opened nothing yet."""
    file = IndexFile(index)
    before, opened = _resident(), []
    for _ in range(rounds):
        started = time.perf_counter()
        found = file.open()
        opened.append((time.perf_counter() - started) * 1e3)
    (block,) = found.blocks
    whole = found.records(block)
    records = [whole[n * 17 : n * 17 + 16] for n in range(0, COUNT, COUNT // calls)]
    del whole
    resident = _resident() - before
    serials = [int.from_bytes(record, "big") + n % 2 for n, record in enumerate(records)][:calls]
    crl = x509.load_der_x509_crl(Path(source).read_bytes())
    ours, bare = take_turns(
        rounds,
        partial(_microseconds, partial(found.reason, block), serials),
        partial(_microseconds, crl.get_revoked_certificate_by_serial_number, serials[:FEW]),
    )
    for serial in serials[:FEW]:
        theirs = crl.get_revoked_certificate_by_serial_number(serial)
        if (theirs is None) != (found.reason(block, serial) is None):
            raise RuntimeError(f"not the same answer for {serial:x}")
    return {"open": opened, "resident": resident, "ours": ours, "bare": bare}


def _microseconds(call: Callable[[int], object], serials: list[int]) -> float:
    started = time.perf_counter()
    for serial in serials:
        call(serial)
    return (time.perf_counter() - started) / len(serials) * 1e6


def _resident() -> float:
    """MB of this process; Linux tells."""
    status = Path("/proc/self/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1000


if __name__ == "__main__":
    _index, _source, _rounds, _calls = sys.argv[1:]
    print(json.dumps(_asked(Path(_index), _source, int(_rounds), int(_calls))))
