"""The server program of this host, and where its own files lie. Floor: tools."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from workers.errors import Refused
from workers.sources.mysql.place import version as release
from workers.sources.mysql.tools import Flavour, Tool, examine

_NAMES = {Flavour.MYSQL: ("mysqld",), Flavour.MARIADB: ("mariadbd", "mysqld")}
# Servers are not always in a worker's PATH: Debian keeps them in sbin, Fedora in libexec.
_ELSEWHERE = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec")
_SHARES = ("share/mysql", "share/mariadb", "share")
_PLUGINS = ("lib/mysql/plugin", "lib64/mysql/plugin", "lib/mariadb/plugin", "lib/plugin")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A server program; `base` and `share` are its installation's folders, `plugins` None where the program knows it by itself."""

    daemon: Tool
    base: Path
    share: Path
    plugins: Path | None


def find(flavour: Flavour, version: str, folder: Path | None) -> Binaries:
    """The server program of this flavour, in `folder` or where systems keep it, not older than `version`.

    Refused where this host has none: no replay, drill or verification of this target is possible here then.
    """
    for path in _paths(flavour, folder):
        daemon = examine(path)
        if daemon.flavour is flavour and release(daemon.version) >= release(version):
            return _installed(daemon)
    raise Refused(
        f"this host has no server program of {flavour} {version} or newer ({' or '.join(_NAMES[flavour])}), which a scratch server needs: "
        f"install the package of the server (it need not run), or name the folder of its programs in `tools`"
    )


def of_series(flavour: Flavour, version: str, folder: Path | None) -> Binaries:
    """The server program that can serve the files of a server of this version: of its flavour and series, and not older than it.

    Refused, naming what this host has instead. A server refuses files of a newer one, and changes those of an older one for good.
    """
    others = []
    for path in _paths(flavour, folder):
        daemon = examine(path)
        if daemon.flavour is flavour and release(daemon.version) == release(version) and _patch(daemon.version) >= _patch(version):
            return _installed(daemon)
        others.append(f"{path} is {daemon.flavour} {daemon.version}")
    series = ".".join(map(str, release(version)))
    found = "; ".join(dict.fromkeys(others)) or "it has none"
    raise Refused(
        f"files of {flavour} {version} are served by {flavour} {series}, {version} or later of that series, and by nothing else; {found}: "
        "install that server on this host (it need not run), or name the folder of its programs in `tools`"
    )


def _patch(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _paths(flavour: Flavour, folder: Path | None) -> list[Path]:
    places = [str(folder)] if folder is not None else []
    places += [os.environ.get("PATH", ""), *_ELSEWHERE]
    found = [shutil.which(name, path=place) for place in places for name in _NAMES[flavour]]
    return [Path(path) for path in found if path]


def _installed(daemon: Tool) -> Binaries:
    """The nearest folder above the program that holds a server's messages; an unpacked archive is one, and no path is compiled into it."""
    for base in [near for above in daemon.path.resolve().parents for near in (above, above / "usr")]:
        for share in (base / name for name in _SHARES):
            if (share / "english" / "errmsg.sys").exists() or (share / "charsets" / "Index.xml").exists():
                return Binaries(daemon, base, share, next((base / name for name in _PLUGINS if (base / name).is_dir()), None))
    raise Refused(f"{daemon.path} has no folder of messages and character sets near it ({', '.join(_SHARES)}); is it installed wholly?")
