"""Secrets: files of mode 0600 in `secrets_dir`, named like the key that needs them. Floor: words."""

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from workers.errors import Refused
from workers.settings.faults import Fault, rows
from workers.settings.kinds import SOURCES, STORES, drivers

FOLDER = Path("/etc/canvasback/secrets")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Expected:
    """A secret that these settings may use: what for, the hosts that cannot do without it, and those without which it is of no use."""

    name: str
    use: str
    hosts: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()


def read(folder: Path, name: str) -> SecretStr | None:
    """The secret in a file, without its last line ending; None where there is no file. Refused where the file cannot be trusted."""
    if not _NAME.fullmatch(name):
        raise Refused(f"no name of a secret: {name!r}")
    fault = flaw(folder / name)
    if fault:
        raise Refused(f"{fault.key}: {fault.text}")
    try:
        return SecretStr(_content(folder / name))
    except FileNotFoundError:
        return None


def flaw(path: Path) -> Fault | None:
    """What is wrong with the file of a secret; None where nothing is, or where there is no file."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o177:
            return Fault(str(path), f"mode {mode:04o} is wider than 0600; run: chmod 600 {path}")
        if not _content(path):
            return Fault(str(path), "empty; write the secret into it, or remove it")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Fault(str(path), f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return Fault(str(path), "not UTF-8 text")
    return None


def _content(path: Path) -> str:
    return path.read_bytes().decode().removesuffix("\n").removesuffix("\r")


def expected(document: Mapping[str, Any]) -> Iterator[Expected]:
    """Every secret that the document's keys may use."""
    control = tuple(name for name, row in rows(document, "hosts").items() if row.get("role") == "control")
    yield Expected("broker_user", "user at the broker")
    yield Expected("broker_password", "password at the broker")
    yield Expected("age_identity", "opens encrypted backups in a restore")
    if "slack" in rows(document, "alerts"):
        yield Expected("alerts_slack_webhook", "address of the Slack channel", control)
    for name, row in rows(document, "stores").items():
        kind = drivers(STORES).get(str(row.get("kind")))
        login = tuple(f"stores_{name}_{word}" for word in (kind.login if kind else ()))
        yield from (Expected(word, f"login of store {name}", twins=login) for word in login)
    for name, row in rows(document, "targets").items():
        driver, options = drivers(SOURCES).get(str(row.get("source"))), row.get(str(row.get("source")))
        if driver and driver.secret:
            free = isinstance(options, dict) and driver.secret_unless in options
            hosts = () if free else (str(row.get("host")),)
            yield Expected(f"targets_{name}_{row['source']}_{driver.secret}", f"login of target {name}", hosts)


def check(document: Mapping[str, Any], host: str | None) -> Iterator[Fault]:
    """Files that cannot be trusted, and those that are missing on `host`. One host does not have the secrets of another."""
    given = document.get("secrets_dir", str(FOLDER))
    if not isinstance(given, str) or "\0" in given:
        return
    for secret in expected(document):
        path = Path(given) / secret.name
        found = flaw(path)
        if found:
            yield found
        elif host in secret.hosts and not path.exists():
            yield Fault(str(path), f"missing, needed on {host} ({secret.use}); write it with mode 0600")
        elif not path.exists() and (there := next((twin for twin in secret.twins if path.with_name(twin).exists()), None)):
            yield Fault(str(path), f"missing, and {there} is there ({secret.use}); write both with mode 0600, or neither")
