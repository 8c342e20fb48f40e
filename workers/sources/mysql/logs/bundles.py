"""Logs out of their bundle: the plain segments of one backup, one after another, are its files, one after another. Floor: tools."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from workers.artifact import Form, Log
from workers.errors import Corrupt

_PIECE = 1 << 20


def unbundle(logs: Iterable[Log], segments: Iterable[Path], folder: Path) -> tuple[Path, ...]:
    """Write the logs of one backup into a folder, under their servers' names. `segments` are its plain segments in order.

    Corrupt, naming the log, where one is not what its manifest says. A log that lies there already is replaced.
    """
    pieces, held = _pieces(segments), b""
    paths = []
    for log in logs:
        path, digest, left = folder / log.name, hashlib.sha256(), log.plain.bytes
        with path.open("wb") as file:
            while left and (held := held or next(pieces, b"")):
                data, held = held[:left], held[left:]
                file.write(data)
                digest.update(data)
                left -= len(data)
        _prove(log, Form(log.plain.bytes - left, digest.hexdigest()))
        paths.append(path)
    return tuple(paths)


def _prove(log: Log, found: Form) -> None:
    if found != log.plain:
        here, there = (f"{form.bytes} bytes with SHA-256 {form.sha256[:12]}…" for form in (found, log.plain))
        raise Corrupt(f"{log.name} has {here}, recorded were {there}")


def _pieces(segments: Iterable[Path]) -> Iterator[bytes]:
    for segment in segments:
        with segment.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
