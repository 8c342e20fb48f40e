"""What restic's last words mean for a backup: which failure, and what would help. Floor: tools."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from workers.errors import Corrupt, Failure, Permanent, Transient
from workers.sources.engine.child import Ended

SHOWN = 4  # sentences of restic's own that are told
_FULL = ("no space left on device", "disk quota exceeded")
_AWAY = ("connection refused", "connection reset", "no such host", "i/o timeout", "timeout", "service unavailable", "slowdown")
_CLOSED = ("access denied", "invalidaccesskeyid", "signaturedoesnotmatch", "the access key id you provided does not exist")
_USELESS = (
    "The repository contains damaged pack files",
    "restic repair",
    "Damaged pack files can be",
    "The repository is damaged and must",
)


def failure(name: str, ended: Ended, doing: str) -> Failure:
    """The failure of the house for a command that did not end well. `name` says whose repository it is."""
    if ended.status == 12:
        return Permanent(f"{name} does not open with the secret …_restic_password of this target; it was made with another one")
    said = " | ".join(words(ended.said)[:SHOWN]) or f"status {ended.status}"
    low = said.lower()
    if ended.status == 10:
        return Permanent(f"{name} is not there, or its file `config` is missing: {said}")
    if ended.status == 11:
        return Transient(f"{name} is locked: {said}")
    if ended.status < 0:
        return Permanent(f"{name}: restic {doing} was killed (signal {-ended.status}); the next backup finds what it had stored already")
    if any(word in low for word in _FULL):
        return Permanent(f"{name} is full: {said}; make room, or let `retention` of the plan remove old backups")
    if any(word in low for word in _CLOSED):
        return Permanent(f"{name} may not be used with the login of its store: {said}")
    if any(word in low for word in _AWAY):
        return Transient(f"{name} does not answer: {said}")
    return Permanent(f"{name}: restic {doing} failed: {said}")


def unsound(name: str, ended: Ended) -> Failure:
    """What a check that found something means: the store went away meanwhile, or its repository is damaged."""
    fault = failure(name, ended, "check")
    said = " | ".join(words(ended.said)[:3]) or f"{counted(ended)} errors"
    damaged = Corrupt(f'{name} is damaged: {said}; the runbook "repository damaged" says what to do')
    return fault if isinstance(fault, Transient) else damaged


def counted(ended: Ended) -> int:
    """The errors that a check says it has found; 0 where it says nothing of them, as restic before 0.18."""
    return sum(int(found.get("num_errors", 0)) for found in _objects(ended.out))


def words(said: Sequence[str]) -> list[str]:
    """What restic said, without the JSON around it and without its advice to programmers."""
    return [line for line in dict.fromkeys(_plain(said)) if line and not line.startswith(_USELESS)]


def _plain(said: Sequence[str]) -> Iterator[str]:
    for line in said:
        try:
            found = json.loads(line)
        except ValueError:
            yield line.strip()
            continue
        if isinstance(found, dict):
            item = f"{found['item']}: " if found.get("item") else ""
            yield f"{item}{_message(found)}".strip()


def _objects(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        with suppress(ValueError):
            if isinstance(found := json.loads(line), dict):
                yield found


def _message(found: dict[str, object]) -> str:
    """The first line of it: what follows is the same again, or advice."""
    error = found.get("error")
    text = str(error.get("message", "") if isinstance(error, dict) else found.get("message", ""))
    return next(iter(text.strip().splitlines()), "")
