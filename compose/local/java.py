"""Java programs: which JDK runs them, and archives of Maven Central, proven against the SHA-256 that is written down here.

Where a program is missing and this is root on Debian, it is installed by apt-get, and said so.
"""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from workers.errors import Refused
from workers.transforms import checksum

JDKS = Path("/usr/lib/jvm")
FITS = range(17, 24)  # what Elasticsearch 8.19 runs on with the security manager that it was tested with
PACKAGES = {"java": "openjdk-17-jre-headless", "mvn": "maven", "unzip": "unzip"}
GET = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get"
_RELEASE = re.compile(r'^JAVA_VERSION="(\d+)', re.MULTILINE)


class NoJava(Refused):
    """No JDK, or no archive, can be had on this machine."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A file of Maven Central: group, name and version, and the SHA-256 that it has."""

    group: str
    name: str
    version: str
    sha256: str
    form: str = "zip"


def home() -> Path:
    """The folder of a JDK or JRE of a fitting version; installed, where root may. Raises NoJava, saying what would help."""
    found = _home()
    if found is None:
        _install("java")
        found = _home()
    if found is None:
        raise NoJava(
            f"no Java {FITS[0]} to {FITS[-1]} here; install one ({PACKAGES['java']} on Debian), or name its folder in ES_JAVA_HOME"
        )
    return found


def _home() -> Path | None:
    named = (os.environ.get(name) for name in ("ES_JAVA_HOME", "JAVA_HOME"))
    places = [Path(name) for name in named if name]
    if program := shutil.which("java"):
        places.append(Path(program).resolve().parents[1])
    places += sorted(path for path in JDKS.glob("*") if not path.is_symlink())
    return next((place for place in places if _version(place) in FITS), None)


def _version(place: Path) -> int:
    """The major version of the JDK in a folder; 0 where there is none."""
    note, program = place / "release", place / "bin" / "java"
    found = _RELEASE.search(note.read_text()) if note.is_file() and program.is_file() else None
    return int(found[1]) if found else 0


def unpacked(archive: Archive, place: Path) -> None:
    """Fetch an archive by Maven and unpack it into a folder. Raises NoJava where that fails, or where it is not what was expected."""
    for program in ("mvn", "unzip"):
        if not shutil.which(program):
            _install(program)
    print(
        f"install   {archive.name} {archive.version}, from Maven Central, into {place.parent} (private, nothing of the system is touched)",
        flush=True,
    )
    with tempfile.TemporaryDirectory(dir=place.parent) as work:
        coordinates = f"{archive.group}:{archive.name}:{archive.version}:{archive.form}"
        local = f"-Dmaven.repo.local={work}"  # nothing is left in ~/.m2
        _run("mvn", "-q", "-B", "-C", local, GET, "-Dtransitive=false", f"-Dartifact={coordinates}")
        file = next(Path(work).rglob(f"{archive.name}-{archive.version}.{archive.form}"))
        found = checksum.form_of(file).sha256
        if found != archive.sha256:
            raise NoJava(f"{coordinates} has SHA-256 {found}, expected {archive.sha256}: it is not used")
        _run("unzip", "-q", str(file), "-d", str(place))


def _install(program: str) -> None:
    package = PACKAGES[program]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoJava(f"no {program} here, and it needs root and apt-get to be installed: package {package} on Debian")
    print(f"install   {package}, by apt-get", flush=True)
    _run("apt-get", "update", "-q")
    _run("apt-get", "install", "-q", "-y", "--no-install-recommends", package)


def _run(*argv: str) -> None:
    try:
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise NoJava(f"no {argv[0]} here") from error
    if done.returncode:
        raise NoJava(f"{' '.join(argv[:3])} … failed: {(done.stderr or done.stdout).strip()[-800:]}")
