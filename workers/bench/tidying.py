"""Clears what lost processes left on a host: the spool of runs that are over, option files and indexes in use, half objects in stores.

A run that fails clears its spool by itself (`host.sweep`); this is for what was lost with that message or with the machine.
"""

import os
import re
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import structlog

from workers.alerts.words import count
from workers.bench.tools import Tools
from workers.errors import Failure, Refused
from workers.ports import SweptSource
from workers.spool.held import KEPT

LEFT = timedelta(days=1)  # longer than any put takes
PRIVATE = re.compile(r"canvasback-(\d+)-.+")  # folders of option files, or of indexes in use, named after the process that made them

log = structlog.get_logger("canvasback.host")


def tidy(tools: Tools) -> str:
    """Clear all of it on this host; says in words what was found."""
    runs = [run for run in tools.room.runs() if not _open(tools, run)]
    for run in runs:
        tools.room.clear(run)
    files = sum(private_files(folder) for folder in (Path(tempfile.gettempdir()), tools.room.path / KEPT))
    halves = sum(half_objects(tools, name) for name in tools.settings.stores)
    copies = sum(lost_copies(tools, name) for name in tools.settings.targets)
    return (
        f"cleared the spool of {count(len(runs), 'run')}, {count(files, 'private folder')} of processes that are gone,"
        f" {count(halves, 'half object')} and {count(copies, 'folder')} of lost copies"
    )


def lost_copies(tools: Tools, target: str) -> int:
    """Remove what a source of ours left on this host; how many. That of another host has nothing here."""
    try:
        source = tools.source(target)
        return source.sweep() if isinstance(source, SweptSource) else 0
    except Failure as error:
        log.info("not swept", target=target, reason=error.reason)
        return 0


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
