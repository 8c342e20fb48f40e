"""Debian packages in a private folder: nothing of the system is touched, root is not needed, signatures are checked.

apt is run with a configuration of its own. The programs are started through the folder's own `ld.so`, because packages of
another suite bring another C library; `bin/` holds a small script for each, so that a folder of tools can be named in settings.
"""

import hashlib
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compose.local import cache
from workers.errors import Refused

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR = "http://deb.debian.org/debian"
# Of every Debian, or only wanted by maintainer scripts, which never run here. Beginnings of names.
PERL = ("perl", "libperl", "libdbi-perl", "libconfig-inifiles-perl")
BASE = ("adduser", "debconf", "debianutils", "dpkg", "gawk", "init-system-helpers", "lsb-base", "passwd", "procps", "psmisc", "tar")
WIDE = ("iproute2", "libbpf", "libc-gconv", "libdb5", "libelf", "libgdbm", "lsof", "rsync", "socat")
NEEDLESS = (*PERL, *BASE, *WIDE)


class NoPackages(Refused):
    """Debian packages cannot be fetched or unpacked on this machine."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Packages of one suite, and the programs that are wanted from them."""

    name: str
    suite: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]


def available() -> bool:
    """Whether this machine has the tools that fetch and unpack packages."""
    return all(map(shutil.which, ("apt-get", "apt-cache", "dpkg-deb")))


def prefix(bundle: Bundle) -> Path:
    """The folder where a bundle is unpacked, fetched once into the cache. Raises NoPackages, saying why, where it cannot be."""
    wanted = hashlib.sha256(repr(bundle).encode()).hexdigest()[:8]  # a later list of packages or programs gets a folder of its own
    name = f"debian/{bundle.name}-{bundle.suite}-{wanted}"
    return cache.kept(name, lambda place: _fetch(bundle, place, cache.folder() / name))


def _fetch(bundle: Bundle, place: Path, final: Path) -> None:
    if not available():
        raise NoPackages(f"{bundle.name} comes from Debian's packages, and this machine has no apt; install it with the system's own tools")
    if not KEYRING.exists():
        raise NoPackages(f"{KEYRING} is missing (package debian-archive-keyring): signatures cannot be checked")
    print(
        f"install   {bundle.name}, from Debian {bundle.suite}, into {final.parent} (private, nothing of the system is touched)", flush=True
    )
    work = place / "apt"
    conf = _configure(work, bundle.suite)
    _apt(conf, work, "apt-get", "update", "-q")
    debs = work / "debs"
    debs.mkdir()
    _apt(conf, debs, "apt-get", "download", "-q", *_closure(conf, work, bundle.packages))
    for deb in sorted(debs.glob("*.deb")):
        _run(work, "dpkg-deb", "-x", str(deb), str(place))
    shutil.rmtree(work)
    _wrap(place, final, bundle.programs)


def _configure(work: Path, suite: str) -> Path:
    for part in ("lists/partial", "cache/archives/partial"):
        (work / part).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} {suite} main\n")
    conf = work / "apt.conf"
    conf.write_text(
        f'Dir::Etc::sourcelist "{work}/sources.list"; Dir::Etc::sourceparts "-"; Dir::Etc::preferencesparts "-";\n'
        f'Dir::State::Lists "{work}/lists"; Dir::Cache "{work}/cache"; Dir::State::status "{work}/status";\n'
        'APT::Sandbox::User "root"; Acquire::Languages "none"; Acquire::Retries "3"; APT::Install-Recommends "false";\n'
        'Acquire::AllowInsecureRepositories "false"; APT::Get::AllowUnauthenticated "false";\n'  # whatever the machine's own settings say
        # Signatures are checked all the same; unstable's lists expire after a week, and a mirror may be some days behind.
        'Acquire::Check-Valid-Until "false";\n'
        'APT::Update::Error-Mode "any";\n'  # else an unreachable mirror is a warning, and the next command says something misleading
    )
    return conf


def _mirror() -> str:
    """The machine's own mirror of Debian, where it has one."""
    found = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], check=False, capture_output=True, text=True
    ).stdout.split()
    return next((url.rstrip("/") for url in found if url.rstrip("/").endswith("/debian")), MIRROR)


def _closure(conf: Path, work: Path, packages: Sequence[str]) -> list[str]:
    """The packages and all they depend on, without those that only maintainer scripts need."""
    nothing_else = [f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")]
    printed = _apt(conf, work, "apt-cache", "depends", "--recurse", *nothing_else, *packages)
    names = {line.strip() for line in printed.splitlines() if line and not line.startswith((" ", "<"))}
    return sorted(name for name in names if not name.startswith(NEEDLESS))


def _apt(conf: Path, where: Path, *argv: str) -> str:
    return _run(where, argv[0], "-c", str(conf), *argv[1:])


def _run(where: Path, *argv: str) -> str:
    done = subprocess.run(argv, cwd=where, check=False, capture_output=True, text=True)
    if done.returncode:
        raise NoPackages(f"{shlex.join(argv)} failed: {done.stderr.strip() or done.returncode}")
    return done.stdout


def _wrap(place: Path, final: Path, programs: Sequence[str]) -> None:
    """One script for each program. `final` is where the folder will lie."""
    libc = next(place.glob("**/libc.so.6"), None)
    if libc is None:
        raise NoPackages("the packages hold no C library")
    loader = next(libc.parent.glob("ld-linux*.so.*")).relative_to(place)  # that beside it; links elsewhere may point into the system
    architecture = libc.parent.name
    libraries = f"{final}/usr/lib/{architecture}:{final}/lib/{architecture}:{final}/usr/lib/mysql/private"
    begin = shlex.join([f"{final}/{loader}", "--library-path", libraries, "--argv0"])
    shutil.rmtree(place / "bin", ignore_errors=True)  # programs that nobody asked for
    (place / "bin").mkdir()
    for program in programs:
        found = next((path for folder in ("usr/sbin", "usr/bin") if (path := place / folder / program).exists()), None)
        if found is None:
            raise NoPackages(f"the packages hold no {program}")
        script = place / "bin" / program
        script.write_text(f'#!/bin/sh\n{_start(place, final, found, begin)} "$@"\n')
        script.chmod(0o755)


def _start(place: Path, final: Path, found: Path, begin: str) -> str:
    """The words that start a program; one written in Python is started by the packages' own Python, with their own library."""
    target = shlex.quote(f"{final}/{found.resolve().relative_to(place.resolve())}")
    with found.open("rb") as file:
        if not file.readline(40).startswith(b"#!/usr/bin/python3"):
            return f"exec {begin} {found.name} {target}"
    python = shlex.quote(f"{final}/{(place / 'usr/bin/python3').resolve().relative_to(place.resolve())}")
    return f"PYTHONHOME={shlex.quote(f'{final}/usr')} exec {begin} {found.name} {python} -s {target}"
