"""Clears what lost processes left on a host: the spool of runs that are over, option files and indexes in use, half objects in stores.

A run that fails clears its spool by itself (`host.sweep`); this is for what was lost with that message or with the machine.
"""

import os
import re
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import structlog

from workers.alerts.words import count
from workers.bench import verification
from workers.bench.scratch import LOOKING
from workers.bench.tools import Tools
from workers.errors import Failure, Refused
from workers.ports import BuildsBeside, SweptSource, TrialSource
from workers.spool.held import KEPT

LEFT = timedelta(days=1)  # longer than any put takes
PRIVATE = re.compile(r"canvasback-(\d+)-.+")  # folders of option files, or of indexes in use, named after the process that made them

RUN = re.compile(r"[0-9a-f]{8}")

log = structlog.get_logger("canvasback.host")


def sweep(tools: Tools, run: str) -> None:
    """Clear what a run that failed left on this host: in the spool, in the scratch place, and beside the place of a restore."""
    tools.room.clear(run)
    shutil.rmtree(tools.settings.scratch_dir / run, ignore_errors=True)
    try:
        ended = tools.ledger.entry(run).run
    except Refused:
        return
    verification.clear(tools, ended)
    if ended.order is None or tools.ledger.holder(f"restore:{ended.host}"):
        return  # another restore has begun, perhaps of the same backup to the same place: what lies there is its own
    source = tools.source(ended.target)
    if isinstance(source, BuildsBeside):
        source.clear(ended.order)


def tidy(tools: Tools) -> str:
    """Clear all of it on this host; says in words what was found."""
    runs = [run for run in tools.room.runs() if not _open(tools, run)]
    for run in runs:
        tools.room.clear(run)
    files = sum(private_files(folder) for folder in (Path(tempfile.gettempdir()), tools.room.path / KEPT))
    halves = sum(half_objects(tools, name) for name in tools.settings.stores)
    copies = sum(lost_copies(tools, name) for name in tools.settings.targets)
    servers = scratch(tools)
    return (
        f"cleared the spool of {count(len(runs), 'run')}, {count(files, 'private folder')} of processes that are gone,"
        f" {count(halves, 'half object')}, {count(copies, 'folder')} of lost copies and {count(len(servers), 'folder')} of scratch servers"
    )


def lost_copies(tools: Tools, target: str) -> int:
    """Remove what a source of ours left on this host; how many. That of another host has nothing here."""
    try:
        source = tools.source(target)
        return source.sweep() if isinstance(source, SweptSource) else 0
    except Failure as error:
        log.info("not swept", target=target, reason=error.reason)
        return 0


def scratch(tools: Tools) -> list[str]:
    """Remove what runs that are over left in the scratch place, and what looking into logs left there a day ago; their names."""
    there = [path for path in tools.settings.scratch_dir.glob("*") if path.is_dir()]
    over = [path for path in there if (_old(path) if path.name.startswith(LOOKING) else _is_run(path.name) and not _open(tools, path.name))]
    for path in over:
        shutil.rmtree(path, ignore_errors=True)
    return [path.name for path in over]


def _is_run(name: str) -> bool:
    return RUN.fullmatch(name) is not None


def _old(path: Path) -> bool:
    return path.stat().st_mtime < time.time() - LEFT.total_seconds()


def trials(tools: Tools, host: str) -> str:
    """Remove what trials of runs that are over left beside the live data of this host's targets; says in words how many."""
    mine = [name for name, row in tools.settings.targets.items() if row.host == host]
    return f"cleared {count(sum(_trials(tools, name) for name in mine), 'trial')}"


def _trials(tools: Tools, target: str) -> int:
    source = tools.source(target)
    if not isinstance(source, TrialSource):
        return 0
    try:
        over = [run for run in source.trials() if not _open(tools, run)]
        for run in over:
            source.clear_trial(run)
    except Failure as error:
        log.info("trials not cleared", target=target, reason=error.reason)
        return 0
    return len(over)


def _open(tools: Tools, run: str) -> bool:
    try:
        return tools.ledger.entry(run).state == "open"
    except Refused:
        return False


def half_objects(tools: Tools, name: str) -> int:
    """Remove what puts that died left in a store; how many pieces. A store that this host does not reach has nothing of its."""
    try:
        return tools.store(name).sweep(LEFT)
    except Failure as error:
        log.info("not swept", store=name, reason=error.reason)
        return 0


def private_files(folder: Path) -> int:
    """Remove folders whose process is gone; how many. Those of other accounts are not ours to touch."""
    removed = 0
    for path in folder.glob("canvasback-*"):
        named = PRIVATE.fullmatch(path.name)
        if named and path.stat().st_uid == os.getuid() and not Path(f"/proc/{named[1]}").exists():
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
    return removed
