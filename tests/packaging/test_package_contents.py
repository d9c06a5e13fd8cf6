"""What is in the functions that SAM ships, and what is not."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import Requirement

from stack.settings import ROOT
from tests.packaging.package import ARCHITECTURES, Package, Packages, Zips
from tests.packaging.test_contents import KEY, pins

OURS = {
    "service": [
        *("__init__", "access_log", "app", "authorization", "certificate", "chain", "client"),
        *("config", "identity", "lambda_answer", "lambda_event", "lambda_handler", "policy"),
        *("problems", "rate", "registry_settings", "sources", "throttle", "throttle_settings"),
        *("token_settings", "unread_body"),
    ],
    "service/blueprints": [
        *("__init__", "clients", "description", "health", "orders", "root", "unregistered"),
        *("whoami",),
    ],
    "service/contract": [
        *("__init__", "answers", "conditional", "constraints", "declared", "fault", "header"),
        *("i_json", "inputs", "links", "openapi", "paging", "reference_page", "validation"),
    ],
    "service/orders": [
        *("__init__", "dynamodb", "opening", "order", "sqlite", "store"),
    ],
    "service/registry": [
        *("__init__", "admission", "api_keys", "buckets", "codec", "dynamodb", "dynamodb_buckets"),
        *("dynamodb_keys", "dynamodb_table", "known", "leases", "matcher", "opening"),
        *("registration", "representation", "sqlite", "sqlite_buckets", "sqlite_file"),
        *("sqlite_schema", "store", "usage"),
    ],
    "service/revocation": [
        *("__init__", "background", "build", "check", "child", "crl", "der", "fetched", "file"),
        *("index", "issuer", "on_demand", "refresh", "s3", "settings", "sources", "truststore"),
    ],
    "service/tokens": [
        *("__init__", "bearer", "claims", "jwks", "keys", "source", "verification"),
    ],
}
WATCHER = {
    "aws": [
        *("__init__", "errors", "expiry", "expiry_bundle", "expiry_crl", "expiry_domain"),
        *("expiry_report",),
    ],
    "aws/watcher": ["__init__", "config", "handler", "message", "metrics"],
}
PACKAGES = {"awsgi", "blinker", "click", "cryptography", "flask", "itsdangerous", "jinja2"}
PACKAGES |= {"jwt", "markupsafe", "msgspec", "werkzeug"}
#: Of cffi only the extension is there, and pycparser not at all.
LEFT_OUT = {"pycparser"}


@dataclass(frozen=True)
class Shipped:
    """What a function's package has; *oddities*: besides code, metadata and licences."""

    ours: Mapping[str, list[str]]
    others: set[str]
    requirements: str
    extensions: int
    zipped: int
    unzipped: int
    oddities: frozenset[str] = frozenset()

    @property
    def folder(self) -> str:
        return next(iter(self.ours))

    @property
    def pins(self) -> dict[str, str]:
        return pins(self.requirements)


SHIPPED = {
    "ApiFunction": Shipped(
        ours=OURS,
        others=PACKAGES,
        requirements="service/requirements.txt",
        extensions=4,
        zipped=6_500_000,
        unzipped=22_000_000,
        oddities=frozenset({"flask/sansio/README.md"}),
    ),
    "ExpiryWatcher": Shipped(
        ours=WATCHER,
        others={"cryptography"},
        requirements="aws/watcher/requirements.txt",
        extensions=2,
        zipped=5_000_000,
        unzipped=14_000_000,
    ),
}
MACHINES = {"arm64": ("aarch64", 183), "x86_64": ("x86_64", 62)}  # e_machine (ELF specification)
LICENCE = re.compile(r"(?i)licen[cs]e|copying|notice")
#: Of the environment that decides which requirements count.
RUNTIME = {
    "extra": "",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.13.0",
    "python_version": "3.13",
    "sys_platform": "linux",
}


def in_folder(files: dict[str, Path], folder: str) -> set[str]:
    return {name for name in files if name.startswith(f"{folder}/")}


def extensions(package: Package) -> dict[str, bytes]:
    found = {name: data for name, data in package.contents.items() if data[:4] == b"\x7fELF"}
    assert all(name.endswith(".so") for name in found)
    return found


def test_of_ours_it_has_exactly_these_files(built: Package) -> None:
    shipped = SHIPPED[built.function]
    wanted = {f"{folder}/{name}.py" for folder, names in shipped.ours.items() for name in names}
    wanted |= {
        f"{folder}/__pycache__/{name}.cpython-313.pyc"
        for folder, names in shipped.ours.items()
        for name in names
    }
    assert in_folder(built.files, shipped.folder) == wanted


def test_all_of_the_service_is_in_it_but_what_gunicorn_needs() -> None:
    """The list above is a list, so that a new file is thought about once."""
    tracked = {path.relative_to(ROOT).as_posix() for path in (ROOT / "service").glob("*.py")}
    named = {f"service/{name}.py" for name in OURS["service"]}
    assert tracked - named == {"service/gunicorn.conf.py", "service/wsgi.py"}
    assert named <= tracked


def test_all_of_the_watchers_folder_is_in_it() -> None:
    tracked = {path.stem for path in (ROOT / "aws/watcher").glob("*.py")}
    assert tracked == set(WATCHER["aws/watcher"])


def test_of_others_it_has_exactly_what_the_requirements_name(built: Package) -> None:
    machine, _ = MACHINES[built.architecture]
    shipped = SHIPPED[built.function]
    metadata = {
        f"{name.replace('-', '_')}-{version}.dist-info"
        for name, version in shipped.pins.items()
        if name not in LEFT_OUT
    }
    extension = f"_cffi_backend.cpython-313-{machine}-linux-gnu.so"
    tops = {name.partition("/")[0] for name in built.files}
    assert tops == {shipped.folder, extension, *shipped.others, *metadata}


def test_every_file_is_of_a_kind_that_belongs_there(built: Package) -> None:
    code = re.compile(r".+\.(py|pyc|so)")
    metadata = re.compile(r"[\w.-]+\.dist-info/(METADATA|entry_points\.txt|licenses/.+|LICENSE.*)")
    others = {f for f in built.files if not code.fullmatch(f) and not metadata.fullmatch(f)}
    assert others == SHIPPED[built.function].oddities


def test_it_has_no_key_no_test_no_sdk_no_debugger_and_no_gunicorn(built: Package) -> None:
    never = {
        "boto3",
        "botocore",
        "s3transfer",
        "gunicorn",
        "pytest",
        "pki",
        "proxy",
        "stack",
        *({"aws", "service"} - {SHIPPED[built.function].folder}),
    }
    assert in_folder(built.files, "werkzeug/debug") == set()
    for name, data in built.contents.items():
        path = Path(name)
        assert not KEY.search(data), name
        assert not never & {*path.parts, path.stem}, name
        # jinja2/tests.py is what templates can ask with "is".
        assert not {"tests", "test"} & {*path.parent.parts}, name
        assert not path.name.startswith(("test_", "conftest")), name
        assert path.suffix not in {".key", ".pem", ".p12", ".pfx", ".jks", ".env", ".sh"}, name


def test_it_is_files_alone_and_everybody_may_read_them(built: Package) -> None:
    """A link would be followed by SAM, wherever it leads."""
    for path in built.folder.rglob("*"):
        assert not path.is_symlink(), path
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def test_every_extension_is_for_the_runtimes_processor_and_library(built: Package) -> None:
    _, machine = MACHINES[built.architecture]
    found = extensions(built)
    assert len(found) == SHIPPED[built.function].extensions
    for name, data in found.items():
        assert struct.unpack_from("<H", data, 18) == (machine,), name
        # Amazon Linux 2023 has glibc 2.34.
        needed = {int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", data)}
        assert needed, name
        assert max(needed) <= 34, name


def test_the_other_processors_extension_would_be_seen(packages: Packages) -> None:
    machines: dict[str, set[int]] = {name: set() for name in ARCHITECTURES}
    for (_, architecture), made in packages.items():
        for data in extensions(made).values():
            machines[architecture] |= set(struct.unpack_from("<H", data, 18))
    assert machines == {name: {MACHINES[name][1]} for name in ARCHITECTURES}


def test_the_list_names_whatever_a_package_requires(built: Package) -> None:
    """pip resolves nothing: what the list forgets, the function has not."""
    listed = SHIPPED[built.function].pins
    checked = set()
    for name, data in built.contents.items():
        if not name.endswith(".dist-info/METADATA"):
            continue
        for line in HeaderParser().parsestr(data.decode()).get_all("Requires-Dist") or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate(RUNTIME):
                wanted = requirement.name.lower().replace("_", "-")
                assert requirement.specifier.contains(listed[wanted]), f"{name}: {line}"
                checked.add(wanted)
    assert {"cffi"} <= checked
    assert built.function != "ApiFunction" or {"werkzeug", "markupsafe"} <= checked


def test_every_licence_comes_along(built: Package) -> None:
    folders = {name.partition("/")[0] for name in built.files if ".dist-info/" in name}
    licensed = {name.partition("/")[0] for name in built.files if LICENCE.search(name)}
    assert len(folders) == len(SHIPPED[built.function].pins) - len(LEFT_OUT)
    assert folders <= licensed


def test_it_is_small(built: Package, zips: Zips) -> None:
    archive, shipped = zips[built.function, built.architecture], SHIPPED[built.function]
    with zipfile.ZipFile(archive) as opened:
        assert {info.filename for info in opened.infolist()} == set(built.files)
        assert sum(info.file_size for info in opened.infolist()) <= shipped.unzipped
    assert archive.stat().st_size <= shipped.zipped


def test_sam_dates_every_file_1980(built: Package, zips: Zips) -> None:
    """Why the bytecode must not have dates; if SAM changes this, that reason goes."""
    with zipfile.ZipFile(zips[built.function, built.architecture]) as opened:
        assert {info.date_time[:3] for info in opened.infolist()} == {(1980, 1, 1)}
