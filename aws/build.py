"""sam build, and a look at what it made."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from . import overrides, sam, samconfig, truststore
from .errors import AwsRefused
from .parameters import Values

BUILT = Path(".aws-sam/build")
#: Values of the parameter Architecture by e_machine of ELF's header.
_MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}
_HEADER = 20
_LIBRARIES = ("*.so", "*.so.*")


def build(values: Values, environment: Mapping[str, str], *, sam_environment: str) -> int:
    """Build the functions for their architecture; return how many native libraries they have.

    The functions' Makefiles get ARCHITECTURE, and TRUSTSTORE=none if no truststore is packed:
    because one that is in S3 is used, or because *environment* says so.
    """
    architecture = values["Architecture"]
    given = {name: value for name, value in environment.items() if name != "TRUSTSTORE"}
    given["ARCHITECTURE"] = architecture
    if not values.publishes_truststore or environment.get("TRUSTSTORE") == "none":
        given["TRUSTSTORE"] = "none"
    elif not truststore.PACKED.exists():
        raise AwsRefused(
            f"there is no packed truststore {str(truststore.PACKED)!r}",
            "make truststore, or for one that is in S3: TRUSTSTORE=none make build",
        )
    chosen = () if sam_environment == samconfig.DEFAULT else ("--config-env", sam_environment)
    sam.run(["build", *chosen, "--parameter-overrides", *pairs(values)], given)
    return check(BUILT, architecture)


def pairs(values: Values) -> list[str]:
    """Return all the parameters as sam takes them."""
    return [overrides.write(name, value) for name, value in values.of.items()]


def check(built: Path, architecture: str) -> int:
    """Return the number of native libraries below *built*.

    AwsRefused if Lambda could not load one: it is no ELF file for *architecture*.
    """
    checked = 0
    for library in _libraries(built):
        found = _kind(library)
        if found != architecture:
            said = f"{library} is for {found}, expected one for {architecture}"
            raise AwsRefused(said, "rm -r .aws-sam, then: make build")
        checked += 1
    return checked


def _libraries(built: Path) -> Iterator[Path]:
    for pattern in _LIBRARIES:
        yield from sorted(path for path in built.rglob(pattern) if path.is_file())


def _kind(library: Path) -> str:
    with library.open("rb") as file:
        header = file.read(_HEADER)
    if len(header) < _HEADER or not header.startswith(b"\x7fELF"):
        return "another system than Linux"
    # EI_DATA: both of Lambda's processors are little-endian.
    machine = int.from_bytes(header[18:20], "little")
    return _MACHINES.get(machine, f"the processor {machine:#x}")
