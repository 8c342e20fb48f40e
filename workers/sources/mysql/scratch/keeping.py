"""A scratch server that is not thrown away: its data folder becomes that of a new server. Floor: tools."""

import os
import pwd
import signal
from contextlib import closing, suppress
from pathlib import Path

from workers.errors import Permanent, Refused
from workers.sources.folders.paths import sync
from workers.sources.mysql.scratch.ending import last_words
from workers.sources.mysql.scratch.server import PATIENCE, Scratch
from workers.sources.mysql.session import rows
from workers.sources.mysql.tools import Flavour

ACCESS = "root.cnf"  # beside the data folder: how root gets in
_SERVERS = "mysql"  # the user that packages of both flavours make for their server


def keep(scratch: Scratch, place: Path, owner: str = "") -> Path:
    """End the server as servers are ended, and move its data folder to `place`; how root gets in lies beside it (mode 0600).

    A new server is started with `datadir` there, under the same version. Returns the file for `--defaults-extra-file`. `owner`: see
    `hand_over`. Refused where something stands there or it is on another disk, Permanent where the server does not end well.
    """
    access = place.with_name(f"{place.name}.{ACCESS}")
    _fits(scratch, place, access)
    if scratch.server.flavour is Flavour.MYSQL:
        with closing(scratch.server.connect()) as session:
            rows(session, "ALTER INSTANCE ENABLE INNODB REDO_LOG")
    _write_access(scratch, access)
    end_well(scratch)
    hand_over(scratch.home / "data", place, owner)
    return access


def hand_over(data: Path, place: Path, owner: str) -> None:
    """Put a data folder into its place, on the disk and for good.

    Where root does it, everything in it goes to `owner` (`user:group` as numbers); "": to the system's user for servers, if it has one.
    """
    known = _numbers(owner) if os.geteuid() == 0 else None
    for path in (data, *data.rglob("*")):
        if known:
            os.chown(path, *known, follow_symlinks=False)
        sync(path)
    data.rename(place)
    sync(place.parent)


def _numbers(owner: str) -> tuple[int, int] | None:
    if owner:
        user, _, group = owner.partition(":")
        return int(user), int(group)
    with suppress(KeyError):
        found = pwd.getpwnam(_SERVERS)
        return found.pw_uid, found.pw_gid
    return None


def _fits(scratch: Scratch, place: Path, access: Path) -> None:
    if there := next((path for path in (place, access) if path.exists()), None):
        raise Refused(f"{there} exists; a new server's data folder is made, never written into: name another")
    if place.parent.stat().st_dev != scratch.home.stat().st_dev:
        raise Refused(f"{place} is on another disk than the scratch server ({scratch.home}): put the scratch server there to begin with")


def end_well(scratch: Scratch) -> None:
    """End the server as servers are ended. Permanent, with its words, where it does not end well."""
    scratch.process.send_signal(signal.SIGTERM)
    if scratch.process.wait(PATIENCE):
        raise Permanent(f"the scratch server did not end well: {last_words(scratch.log)}")


def _write_access(scratch: Scratch, access: Path) -> None:
    password = scratch.server.password.get_secret_value() if scratch.server.password is not None else ""
    with os.fdopen(os.open(access, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f'[client]\nuser=root\npassword="{password}"\n')
    sync(access)
