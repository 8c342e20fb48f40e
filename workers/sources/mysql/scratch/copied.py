"""A scratch server on data that are there already: the unpacked files of a server, or a copy that it made of itself. Floor: tools."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from workers import command
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.scratch import binaries as programs
from workers.sources.mysql.scratch import ending
from workers.sources.mysql.scratch import options as option
from workers.sources.mysql.scratch.binaries import Binaries
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import Scratch, answering, end, without_redo
from workers.sources.mysql.tools import Flavour

DATA = "data"  # the folder in a scratch server's own that holds the files
_CLONE = "mysql_clone.so"


@contextmanager
def as_it_is(wish: Wish, place: Path) -> Iterator[Scratch]:
    """A server on the data in `place`, of which nothing is changed but what any start changes; no account is asked for, nor made.

    Only who may enter the folder reaches its socket. Refused where this host has no program for these data, Permanent where it does not
    start on them. MUST be called from a thread that outlives it.
    """
    found = programs.of_series(wish.flavour, wish.version, wish.tools)
    with _running(wish, place, {"skip_grant_tables": "ON", **_telling(wish, found)}, None) as running:
        yield running


@contextmanager
def our_own(wish: Wish, place: Path) -> Iterator[Scratch]:
    """A server on the data in `place`, to be used and thrown away: root gets a new password, and nothing is written twice. As above."""
    password = SecretStr(f"{secrets.token_urlsafe(24)}-aA1")  # what a policy among the copied settings may ask for
    first = place / "first.sql"
    first.touch(mode=0o600)
    first.write_text(_ROOT.format(word=password.get_secret_value()))
    with _running(wish, place, {"init_file": str(first)}, password) as running:
        first.unlink()
        without_redo(running)
        yield running


_ROOT = """CREATE USER IF NOT EXISTS 'root'@'localhost' IDENTIFIED BY '{word}';
ALTER USER 'root'@'localhost' IDENTIFIED BY '{word}' REQUIRE NONE ACCOUNT UNLOCK;
GRANT ALL ON *.* TO 'root'@'localhost' WITH GRANT OPTION;
"""


@contextmanager
def _running(wish: Wish, place: Path, own: dict[str, str], password: SecretStr | None) -> Iterator[Scratch]:
    found = programs.of_series(wish.flavour, wish.version, wish.tools)
    file = option.write(place / "my.cnf", {**option.lines(wish, found, place), **_keyless(wish), **own})
    (place / ending.LOG).unlink(missing_ok=True)  # what an earlier try met may be mended
    process = command.start(option.argv(found, file), stdout=subprocess.DEVNULL)
    try:
        options = MysqlOptions.model_validate({"socket": place / "sock", "user": "root", "databases": [wish.database], "tools": wish.tools})
        yield Scratch(answering(process, options, password, place), place, process)
    finally:
        end(process)


def _telling(wish: Wish, found: Binaries) -> dict[str, str]:
    """MySQL says where its copy stands in a table of its clone plugin, which is not loaded without accounts unless it is named."""
    if wish.flavour is not Flavour.MYSQL or found.plugins is None or not (found.plugins / _CLONE).exists():
        return {}
    return {"performance_schema": "ON", "plugin_load_add": _CLONE}


def _keyless(wish: Wish) -> dict[str, str]:
    """A server without a network needs no keys, and making them takes seconds of CPU when luck is bad; its first real start makes them."""
    names = ("auto_generate_certs", "sha256_password_auto_generate_rsa_keys", "caching_sha2_password_auto_generate_rsa_keys")
    return {f"loose_{name}": "OFF" for name in names} if wish.flavour is Flavour.MYSQL else {}
