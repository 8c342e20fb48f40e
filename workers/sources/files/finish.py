"""Ends a restore: links, folders, large files; then the proof against the index; then the exchange with what stands there. Floor: tools."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workers.artifact import Order, Outcome
from workers.errors import Corrupt, Permanent
from workers.sources.files import owners
from workers.sources.files.content import Content
from workers.sources.files.entry import Body, Entry, Type, stat_of
from workers.sources.files.index import read
from workers.sources.files.merge import merge
from workers.sources.files.names import parent
from workers.sources.files.proof import prove
from workers.sources.files.site import Site, site
from workers.sources.files.spooled import lines
from workers.sources.files.tar import Shape
from workers.sources.files.tree import Tree, describe
from workers.sources.folders.paths import shown, sync_system, told


def finish(order: Order) -> Outcome:
    """Finish a restore whose data were loaded.

    Raises Permanent, naming files, where the tree is not what the index says; then what stands in the place stays there.
    """
    owners.forget()
    work = site(order)
    with told(work.into):
        if not work.index.exists():
            raise Permanent(f"{work.folder} is not there any more: the restore was cleared, or never prepared")
        if work.tree.exists() and not work.moving.exists():
            work.note(_proven(work))
            work.begin_moving()
        if work.tree.exists() and order.objects and work.in_use:
            merge(work.tree, work.into, work.moved(), _entries(work.index))
        else:
            work.give_place(work.tree)
        outcome = work.noted()
        if outcome is None:
            raise Permanent(f"{work.folder} does not say what was proven: something else wrote there; start the restore again")
        return work.end(outcome)


def _entries(index: Path) -> Iterator[Entry]:
    with index.open("rb") as file:
        yield from read(lines(file))


def _proven(work: Site) -> Outcome:
    """Finish the tree and prove it. Meanwhile the disk takes what was loaded: before the exchange, little of it is left to wait for."""
    with ThreadPoolExecutor(1) as beside:
        taken = beside.submit(sync_system, work.tree)
        _settle(work)
        outcome = prove(work.tree, _entries(work.index))
    taken.result()
    return outcome


def _settle(work: Site) -> None:
    """Make what is no file, complete the large ones, and describe each folder when nothing in it changes any more."""
    inside: list[Entry] = []
    with Tree(work.tree) as tree:
        for entry in _entries(work.rest):
            while inside and parent(entry.path) != inside[-1].path:
                _close(tree, inside.pop())
            with told(entry.path):
                _make(tree, entry)
            if entry.stat.type is Type.FOLDER:
                inside.append(entry)
        while inside:
            _close(tree, inside.pop())


def _make(tree: Tree, entry: Entry) -> None:
    if entry.stat.type is Type.SYMLINK:
        tree.symlink(entry)
    elif entry.stat.type is Type.PIPE:
        tree.pipe(entry)
    elif entry.link:
        tree.link(entry)
    elif entry.body is not None and entry.stat.type is Type.FILE:
        _complete(tree, entry, entry.body)


def _close(tree: Tree, entry: Entry) -> None:
    with told(entry.path):
        describe(tree.folder(entry.path), entry)


def _complete(tree: Tree, entry: Entry, body: Body) -> None:
    """Prove a file that may have come in pieces, and describe it. One that came whole was proven then, and has its time."""
    try:
        fd = tree.open(entry.path)
    except FileNotFoundError as error:
        raise Permanent(f"{shown(entry.path)} was not loaded") from error
    try:
        found = stat_of(os.fstat(fd))
        if (found.mtime_ns, found.mode, found.size) == (entry.stat.mtime_ns, entry.stat.mode, entry.stat.size):
            return
        digest = hashlib.sha256()
        for data in Content(fd, Shape(body.stored, body.extents)):
            digest.update(data)
        if digest.hexdigest() != body.sha256:
            raise Corrupt(f"{shown(entry.path)} as restored is not what its index says: SHA-256 differs")
        describe(fd, entry)
    finally:
        os.close(fd)
