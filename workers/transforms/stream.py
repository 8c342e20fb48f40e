"""A chain of transforms over files, in one pass and without files between: each stage but the last runs in a thread, joined by pipes.

Nothing is left at the result's path after a failure. The result is not flushed to the disk: the spool is rebuilt, not restored.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, BinaryIO, TypeAlias, cast

from workers.artifact import Form
from workers.crc import Crc64, Sums
from workers.errors import Corrupt, Permanent, Transient
from workers.ports import Transform
from workers.transforms import checksum
from workers.transforms.checksum import Hashing, Kind

Stage: TypeAlias = Callable[[BinaryIO, BinaryIO], None]


@dataclass(frozen=True, slots=True)
class Expected:
    """The form that a source has to have, and the kind of digest in it."""

    form: Form
    kind: Kind = hashlib.sha256


def encode(source: Path, result: Path, transforms: tuple[Transform, ...], plain: Expected) -> Sums:
    """Run the chain forwards; what is known of the stored file.

    Raises Corrupt where the source, as it was read here, is not what was expected, and Transient where the spool is full.
    """
    return _through(source, result, [transform.encode for transform in transforms], plain)


def decode(source: Path, result: Path, transforms: tuple[Transform, ...]) -> Form:
    """Run the chain backwards; the form of the plain file. Raises Corrupt for a damaged file, Transient where the spool is full."""
    return _through(source, result, [transform.decode for transform in reversed(transforms)]).form


def _through(source: Path, result: Path, stages: list[Stage], expected: Expected | None = None) -> Sums:
    with _told(source), source.open("rb") as before, _fresh(result) as after:
        reader, proof = Hashing(before, expected.kind) if expected else before, Hashing(after, Crc64)
        writer = Hashing(cast(BinaryIO, proof) if expected else after)
        _run(cast(BinaryIO, reader), cast(BinaryIO, writer), stages)
        if expected and isinstance(reader, Hashing) and reader.form != expected.form:
            there, wanted = reader.form.bytes, expected.form.bytes
            raise Corrupt(f"{source} is not what was recorded: {there} bytes where {wanted} were, or other content")
        return Sums(writer.form, proof.form.sha256)


@contextmanager
def _fresh(path: Path) -> Iterator[BinaryIO]:
    """A new file, readable by its owner alone; it is gone again if anything fails."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def _told(source: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Permanent(f"{error.filename} is missing") from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (Transient if full else Permanent)(f"cannot transform {source}: {error.strerror}") from error


def _run(source: BinaryIO, sink: BinaryIO, stages: list[Stage]) -> None:
    """Join the stages by pipes. The most upstream error is the cause: those after it only saw a stream that ends early.

    A broken pipe is the exception: it means that a later stage gave up first, and that one knows why.
    """
    *earlier, last = stages or [_as_it_is]
    joints: list[_Joint] = []
    try:
        for stage in earlier:
            joints.append(_Joint(stage, source))
            source = joints[-1].reader
        final = _attempt(last, source, sink)
    finally:
        for joint in joints:
            joint.reader.close()
        for joint in joints:
            joint.thread.join()
    errors = [error for error in (*(joint.error for joint in joints), final) if error]
    for error in sorted(errors, key=lambda error: isinstance(error, BrokenPipeError)):
        raise error


def _as_it_is(source: BinaryIO, sink: BinaryIO) -> None:
    checksum.copy(source, sink)


class _Joint:
    """A stage in a thread that writes into a pipe; `reader` is the pipe's other end."""

    def __init__(self, stage: Stage, source: BinaryIO) -> None:
        out, into = os.pipe()
        self.reader: BinaryIO = os.fdopen(out, "rb", buffering=1 << 16)
        self.error: Exception | None = None
        self.thread = Thread(target=self._work, args=(stage, source, into), daemon=True)
        self.thread.start()

    def _work(self, stage: Stage, source: BinaryIO, into: int) -> None:
        with os.fdopen(into, "wb", buffering=0) as raw:
            self.error = _attempt(stage, source, cast(BinaryIO, _Whole(raw)))


class _Whole:
    """A pipe whose `write` takes all it is given: an unbuffered one may take less."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[self._raw.write(rest) :]
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""


def _attempt(stage: Stage, source: BinaryIO, sink: BinaryIO) -> Exception | None:
    """What the stage raised, carried out of its thread; what ends the process is not held back."""
    try:
        stage(source, sink)
    except Exception as error:  # noqa: BLE001 - re-raised by `_run` in the caller's thread
        return error
    return None
