"""Where a database's programs are: Debian's packages in a private folder; the system's own where there is no apt."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from compose.local import debian
from compose.local.debian import Bundle

# Servers are not always in a user's PATH: Debian keeps them in sbin, Fedora in libexec.
ELSEWHERE = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec")


@dataclass(frozen=True, slots=True)
class Programs:
    """The server, the folder of its client tools, and the folder of its SQL files; `root` is None where the system knows its paths."""

    daemon: Path
    tools: Path
    share: Path
    root: Path | None = None

    @property
    def version(self) -> str:
        """What the server says about itself."""
        return subprocess.run([self.daemon, "--no-defaults", "--version"], check=True, capture_output=True, text=True).stdout


def programs(bundle: Bundle) -> Programs:
    """The programs of a bundle, whose first is the server. Raises NoPackages where they can neither be fetched nor found."""
    if not debian.available() and (found := installed(bundle)):
        return found
    root = debian.prefix(bundle)
    return Programs(root / "bin" / bundle.programs[0], root / "bin", root / "usr/share/mysql", root / "usr")


def installed(bundle: Bundle) -> Programs | None:
    """The system's own; None where it has none, or where the name belongs to the other flavour (`mysqld` may be MariaDB's)."""
    paths = [shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *ELSEWHERE))) for name in bundle.programs]
    if any(path is None for path in paths):
        return None
    daemon, client = (Path(str(path)) for path in paths[:2])
    share = next((path for name in ("mariadb", "mysql") if (path := Path("/usr/share") / name).is_dir()), Path("/usr/share/mysql"))
    found = Programs(daemon, client.parent, share)
    return found if ("MariaDB" in found.version) == (bundle.name == "mariadb") else None


def folder(bundle: Bundle) -> Path:
    """The folder with the programs of a bundle that is no server. Raises NoPackages where they can neither be fetched nor found."""
    if not debian.available() and (found := shutil.which(bundle.programs[0])):
        return Path(found).parent
    return debian.prefix(bundle) / "bin"
