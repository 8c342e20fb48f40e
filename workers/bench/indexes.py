"""The index of a backup, for who compares with it or looks into it: from the stores, or kept on its host where they are encrypted.

A host that backs up need not be able to open its own backups. So it keeps the indexes that its next backups compare with itself,
compressed, in `.indexes` beside the runs of its spool. Each is proven against the SHA-256 in its manifest, wherever it came from.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from workers import transforms
from workers.artifact import Kind, Role, Run, Segment
from workers.bench.proving import cut_form, expect, stored_form
from workers.bench.tools import Tools
from workers.catalog.manifest import Manifest, segment_key
from workers.crc import Crc64
from workers.errors import Corrupt, Failure, Permanent, Refused, Transient
from workers.ports import Store
from workers.spool import files
from workers.spool.held import KEPT
from workers.transforms import checksum, stream

Pieces: TypeAlias = Iterator[tuple[Segment, Path]]

_LEVEL = 3
_SUFFIX = ".zst"


def keep(tools: Tools, run: Run, segment: Segment) -> None:
    """Keep a plain segment of an index that is still in the spool, where only recipients could open it in the stores."""
    if segment.role is not Role.INDEX or run.kind is Kind.DIFFERENTIAL or not tools.plan(run.target).recipients:
        return  # no backup builds on a differential one
    path = _folder(tools, run.target) / run.backup / f"{segment.number:06}{_SUFFIX}"
    _made(path.parent)
    plain = files.plain(tools.room, run.id, segment)
    stream.encode(plain, path, transforms.encoders(_LEVEL), stream.Expected(cut_form(plain), Crc64))


def forget(tools: Tools, target: str, wanted: frozenset[str]) -> None:
    """Remove what is kept of a target, but for wanted backups and what is younger than all of them: it may not be sealed yet."""
    for path in _folder(tools, target).glob("*"):
        if path.name not in wanted and not path.name > max(wanted, default=""):
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def brought(tools: Tools, manifest: Manifest) -> Iterator[Pieces]:
    """The plain segments of the index of a backup, one after another; each is gone when the next is asked for. A record is its own index.

    All of them are there and proven before the first is given. Raises the first failure where one of them is not, and Corrupt
    where the backup has none.
    """
    role = Role.DATA if manifest.recorded else Role.INDEX
    wanted = [segment for segment in manifest.segments if segment.role is role]
    if not wanted:
        raise Corrupt(f"backup {manifest.id} has no index")
    above = _made(tools.room.path / KEPT)
    with TemporaryDirectory(prefix=f"canvasback-{os.getpid()}-", dir=above) as folder:
        there = [(segment, _proven(tools, manifest, segment, Path(folder))) for segment in wanted]
        yield _plain(tools, there)


def _plain(tools: Tools, there: list[tuple[Segment, tuple[Path, str]]]) -> Pieces:
    for segment, (path, suffix) in there:
        yield segment, (plain := _decoded(tools, segment, path, suffix))
        plain.unlink()


def _proven(tools: Tools, manifest: Manifest, segment: Segment, folder: Path) -> tuple[Path, str]:
    """A stored form that decodes to what the manifest says, and its suffix: the kept one, else that of the first good store."""
    path, problems = folder / f"{segment.number:06}", list[Failure]()
    for bring, suffix in _ways(tools, manifest, segment):
        try:
            bring(path)
            _decoded(tools, segment, path, suffix).unlink()
        except Failure as problem:
            problems.append(problem)
            path.unlink(missing_ok=True)
        else:
            return path, suffix
    raise _worst(problems)("; ".join(problem.reason for problem in problems))


def _ways(tools: Tools, manifest: Manifest, segment: Segment) -> Iterator[tuple[Callable[[Path], None], str]]:
    """Ways to bring a stored form to a path, each with its suffix."""
    kept = _folder(tools, manifest.target) / manifest.id / f"{segment.number:06}{_SUFFIX}"
    if kept.exists():
        yield partial(os.link, kept), _SUFFIX
    for store in tools.stores_of(manifest.target):
        yield partial(_fetch, store, manifest, segment), segment.suffix


def _fetch(store: Store, manifest: Manifest, segment: Segment, path: Path) -> None:
    with store.open(segment_key(manifest.target, manifest.id, segment)) as copy, path.open("wb") as file:
        expect(segment, stored_form(segment), checksum.copy(copy, file), store.name)


def _worst(problems: list[Failure]) -> type[Failure]:
    """Transient where any of them may pass: then nobody knows that the index is lost."""
    kinds = (Transient, Corrupt, Permanent, Refused)
    return next((kind for kind in kinds if any(isinstance(problem, kind) for problem in problems)), Permanent)


def _decoded(tools: Tools, segment: Segment, path: Path, suffix: str) -> Path:
    plain = path.with_suffix(".plain")
    found = stream.decode(path, plain, tools.decoders(suffix))
    try:
        expect(segment, segment.plain, found, "its index")
    except Corrupt:
        plain.unlink()
        raise
    return plain


def _folder(tools: Tools, target: str) -> Path:
    return tools.room.path / KEPT / target


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Permanent(f"cannot make {folder}: {error.strerror}") from error
    return folder
