"""BorgBackup's lines of JSON beside its output: how far it is, what it warns of, how it failed. Floor: tools."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workers.errors import Corrupt, Failure, Permanent, Transient
from workers.ports import Tell
from workers.sources.engine.child import Ended

MISSING, LOCKED, WRONG = "Repository.DoesNotExist", "LockTimeout", "PassphraseWrong"
SHOWN = 4  # sentences of its own that are told
_OTHER = ("Cache.CacheInitAbortedError", "Cache.EncryptionMethodMismatch")
_OLDER = ("Cache.RepositoryReplay",)
_DAMAGED = ("IntegrityError", "Repository.CheckNeeded", "Repository.InvalidRepository", "Repository.ObjectNotFound")
_FULL = ("no space left on device", "disk quota exceeded", "insufficientfreespaceerror")


@dataclass(frozen=True, slots=True)
class Word:
    """One message: its level (`WARNING`, `ERROR`), its name among BorgBackup's errors ("" where it has none), its words."""

    level: str
    id: str
    text: str


class Progress:
    """Hears the lines and tells the bytes; lines of progress need not be kept."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._told = tell, 0

    def hear(self, line: str) -> bool:
        """One line; whether it is to be kept."""
        found = _json(line)
        if not str(found.get("type", "")).endswith(("_progress", "progress_percent", "progress_message")):
            return True
        self.reached(int(found.get("original_size") or (found.get("msgid") == "extract" and found.get("current")) or 0))
        return False

    def reached(self, done: int) -> None:
        """So many bytes are done; lines come some five times a second, so that the last of them is not the end."""
        if done > self._told:
            self._tell(done - self._told)
            self._told = done


def words(said: Sequence[str]) -> list[Word]:
    """The messages of a program that has ended, without tracebacks."""
    return list(_words(said))


def _words(said: Sequence[str]) -> Iterator[Word]:
    for line in said:
        found = _json(line)
        text = str(found.get("message", "") if found else line).strip()
        if text and not text.startswith("Traceback") and found.get("type") in (None, "log_message"):
            yield Word(str(found.get("levelname", "ERROR")), str(found.get("msgid", "")), text)


def _json(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def named(ended: Ended, id: str) -> bool:
    """Whether a program ended with that error of its own."""
    return any(word.id == id for word in words(ended.said))


def failure(name: str, ended: Ended, doing: str) -> Failure:
    """The failure of the house for a command that did not end well. `name` says whose repository it is."""
    found = words(ended.said)
    ids = {word.id for word in found}
    said = " | ".join(dict.fromkeys(word.text for word in found if word.level != "INFO")) or f"status {ended.status}"
    said = " | ".join(said.split(" | ")[:SHOWN])
    if WRONG in ids:
        return Permanent(f"{name} does not open with the secret …_borg_password of this target; it was made with another one")
    if MISSING in ids:
        return Permanent(f"{name} is not there: {said}")
    if LOCKED in ids:
        return Transient(f"{name} is locked: {said}")
    if ids.intersection(_OTHER):
        return Permanent(f"{name} is not encrypted as ours are: another one was put in its place; nothing is read from it ({said})")
    if ids.intersection(_OLDER):
        return Permanent(f'{name} is older than what this host knows of it; the runbook "repository damaged" says what to do ({said})')
    if ended.status < 0:
        return Permanent(f"{name}: borg {doing} was killed (signal {-ended.status}); the next backup finds what it had stored already")
    if any(word in said.lower() for word in _FULL):
        return Permanent(f"{name} is full: {said}; make room, or let `retention` of the plan remove old backups")
    if ids.intersection(_DAMAGED):
        return Corrupt(f'{name} is damaged: {said}; the runbook "repository damaged" says what to do')
    return Permanent(f"{name}: borg {doing} failed: {said}")


def unsound(name: str, ended: Ended) -> Corrupt:
    """What a check that found something means."""
    said = " | ".join(word.text for word in words(ended.said)[:3])
    return Corrupt(f'{name} is damaged: {said}; the runbook "repository damaged" says what to do')
