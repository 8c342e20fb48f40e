"""Looks for statements in the logs of a target: they are brought to its host, which has the programs and the key to open them."""

import secrets
import shutil
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from workers.artifact import Statement
from workers.bench import chains
from workers.bench.bringing import LogBringer, bundles
from workers.bench.scratch import LOOKING, has_room, make
from workers.bench.tools import Tools
from workers.catalog.recovery import Stretch
from workers.errors import Failure, Refused
from workers.ports import ReplaySource

log = structlog.get_logger("canvasback.host")

DAY = timedelta(days=1)  # how far back is looked where nobody says
MOST = 100  # statements that are shown; the newest of them


@dataclass(frozen=True, slots=True)
class Logs:
    """The log backups that are looked into (`<folder>/<id>`), how many files and bytes that is, and the time that they cover."""

    pins: tuple[str, ...]
    files: int
    bytes: int
    begin: datetime
    end: datetime


def logs(tools: Tools, target: str, since: datetime) -> Logs:
    """The logs from a time on. Refused where none were shipped."""
    found = [stretch for stretch in chains.stretches(tools, target, tools.stores_of(target)) if stretch.pieces]
    if not found:
        raise Refused(
            f'no logs of {target} were shipped after a full backup: logs = "5m" in its plan does that; window("{target}") tells more'
        )
    stretch = _fitting(found, since)
    pieces = [piece for piece in stretch.pieces if piece.until >= since] or list(stretch.pieces[-1:])
    pins = dict.fromkeys(f"{piece.bundle.target}/{piece.bundle.id}" for piece in pieces)
    begin = max(pieces[0].log.began, stretch.begin)
    return Logs(tuple(pins), len(pieces), sum(piece.log.plain.bytes for piece in pieces), begin, stretch.end)


def _fitting(found: list[Stretch], since: datetime) -> Stretch:
    """The stretch that goes furthest among those that begin early enough; else the one that begins first."""
    early = [stretch for stretch in found if stretch.begin <= since]
    return max(early, key=lambda stretch: (stretch.end, stretch.begin)) if early else min(found, key=lambda stretch: stretch.begin)


def find(tools: Tools, target: str, words: str, pins: list[str]) -> tuple[Statement, ...]:
    """The statements in these log backups that hold the words, the newest last. Leaves nothing on the host."""
    source = tools.source(target)
    if not isinstance(source, ReplaySource):
        raise Refused(f"{target} has no logs")
    folder = tools.settings.scratch_dir / f"{LOOKING}{secrets.token_hex(4)}"
    make(folder)
    try:
        entries = bundles(tools, target, pins)
        has_room(folder, sum(segment.plain.bytes for entry in entries for segment in entry.manifest.segments))
        LogBringer(tools, source, folder, _bad, lambda _: None).bring(entries)
        return tuple(deque(source.find(folder, words), MOST))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _bad(copy: str, problem: Failure) -> None:
    log.warning("bad copy", copy=copy, reason=problem.reason)
