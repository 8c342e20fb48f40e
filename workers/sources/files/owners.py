"""Names of users and groups, looked up once each. Floor: tools."""

import grp
import pwd
from functools import cache

from workers.sources.files.entry import Entry


@cache
def user(uid: int) -> str:
    """The name of a user, "" where nobody has this number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


@cache
def group(gid: int) -> str:
    """The name of a group, "" where none has this number."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""


@cache
def uid(name: str, number: int) -> int:
    """The number that a user has on this host; the recorded one where it knows no such name."""
    try:
        return pwd.getpwnam(name).pw_uid if name else number
    except KeyError:
        return number


@cache
def gid(name: str, number: int) -> int:
    """The number that a group has on this host; the recorded one where it knows no such name."""
    try:
        return grp.getgrnam(name).gr_gid if name else number
    except KeyError:
        return number


def of(entry: Entry) -> tuple[int, int]:
    """The numbers of user and group that an entry has on this host."""
    return uid(entry.owner, entry.stat.uid), gid(entry.group, entry.stat.gid)


def forget() -> None:
    """Look names up anew: a worker lives for weeks, and users are made meanwhile, above all where a host is set up again."""
    for known in (user, group, uid, gid):
        known.cache_clear()
