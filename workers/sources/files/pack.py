"""Lays files one after another into a tar stream, in blocks that are never cut. Floor: tools.

A small file lies whole in one block, with others. A larger one begins a block of its own and fills it and the next ones to the brim,
so that the blocks of a file are known from where it begins: `Body.block` and every `BLOCK` bytes after it.
"""

import hashlib
import secrets
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from workers.ports import Block
from workers.sources.files import tar
from workers.sources.files.content import Content
from workers.sources.files.entry import Body, Entry
from workers.sources.files.reading import Gone, Reading

BLOCK = 1 << 20  # bytes; a segment ends at most so much before it is full
PATIENCE = 2.0  # seconds that all waiting for writers may take; files that are just being written are few
CHANGED = "changed while it was read"
WRITTEN = "written right before it was read: a write may have been under way"  # a long one sets the times when it begins


@dataclass(frozen=True, slots=True)
class Mark:
    """The name of a block: the stream it is of, and where in it the block begins."""

    stream: str
    at: int

    def __str__(self) -> str:
        return f"{self.stream}@{self.at}"


def mark(text: str) -> Mark | None:
    """The mark that a text is; None where it is none: the path of a file begins with `/`."""
    stream, sign, at = text.partition("@")
    return Mark(stream, int(at)) if sign and len(stream) == 8 and at.isdecimal() else None


class Packer:
    """One tar stream while it is made; its name is random, so that an index tells the streams of a chain apart."""

    def __init__(self) -> None:
        """An empty stream."""
        self.stream = secrets.token_hex(4)
        self._block, self._held, self._size = 0, list[bytes](), 0
        self._patience = PATIENCE

    @property
    def at(self) -> int:
        """Where the next byte goes."""
        return self._block + self._size

    def plain(self, head: bytes) -> Iterator[Block]:
        """Put a member that is a header alone."""
        if self._size + len(head) > BLOCK:
            yield self._block_held()
        self._hold(head)

    def file(self, entry: Entry, read: Reading, *, last: bool = True) -> Generator[Block, None, Entry | None]:
        """Put a file; the entry with its body, and with its problem where it changed meanwhile. Raises Gone where it cannot be read.

        Unless this is the `last` try, a small file that changed is not put: None.
        """
        shape = _shape(entry, read)
        head, content = tar.header(entry, shape), Content(read.fd, shape)
        if len(head) + shape.stored + tar.RECORD > BLOCK:
            entry = yield from self._large(entry, content, head)
            return flagged(entry, CHANGED if read.changed() else WRITTEN if read.fresh else "")
        data = content.whole()
        if content.problem:
            raise Gone(content.problem)
        if (problem := self._doubt(read, content, data)) and not last:
            return None
        padding = tar.padding(len(data))
        if self._size + len(head) + len(data) + len(padding) > BLOCK:
            yield self._block_held()
        body = self._body(len(head), shape, hashlib.sha256(data).hexdigest())
        self._hold(head, data, padding)
        return flagged(replace(entry, body=body), problem)

    def end(self) -> Iterator[Block]:
        """Close the archive; nothing where there is nothing in it."""
        if self.at:
            yield from self._pour(tar.END)
            yield from self._close()

    def _large(self, entry: Entry, content: Content, head: bytes) -> Generator[Block, None, Entry]:
        yield from self._close()
        body, digest = self._body(len(head), content.shape, ""), hashlib.sha256()
        yield from self._pour(head)
        for data in content:
            digest.update(data)
            yield from self._pour(data)
        yield from self._pour(tar.padding(body.stored))
        if content.problem:
            return replace(entry, problem=content.problem)
        return replace(entry, body=replace(body, sha256=digest.hexdigest()))

    def _doubt(self, read: Reading, content: Content, data: bytes) -> str:
        """What may be wrong with what was read of a small file, "" for nothing. A write that may hide in its times is waited for."""
        if read.changed():
            return CHANGED
        if not read.fresh:
            return ""
        if read.settles > self._patience:
            return WRITTEN
        self._patience -= read.settles
        time.sleep(read.settles)
        return CHANGED if content.whole() != data or read.changed() else ""

    def _body(self, head: int, shape: tar.Shape, sha256: str) -> Body:
        return Body(self.stream, self._block, self.at + head, shape.stored, sha256, shape.extents)

    def _hold(self, *pieces: bytes) -> None:
        """Lay bytes into the block that is being filled."""
        self._held += pieces
        self._size += sum(map(len, pieces))

    def _pour(self, data: bytes) -> Iterator[Block]:
        """Lay bytes into this block and those after it, each filled to the brim."""
        rest = memoryview(data)
        while self._size + len(rest) >= BLOCK:
            left = BLOCK - self._size
            self._hold(bytes(rest[:left]))
            yield self._block_held()
            rest = rest[left:]
        if rest:
            self._hold(bytes(rest))

    def _close(self) -> Iterator[Block]:
        if self._size:
            yield self._block_held()

    def _block_held(self) -> Block:
        """The block that was being filled; the next one begins behind it."""
        block = Block(b"".join(self._held), (str(Mark(self.stream, self._block)),))
        self._block += self._size
        self._held, self._size = [], 0
        return block


def _shape(entry: Entry, read: Reading) -> tar.Shape:
    try:
        extents = read.extents()
    except OSError as error:
        raise Gone(f"cannot be read: {error.strerror}") from error
    return tar.Shape(sum(length for _, length in extents) if extents else entry.stat.size, extents)


def flagged(entry: Entry, problem: str) -> Entry:
    """The entry with what may be wrong with it; then it is read again next time."""
    return replace(entry, problem=entry.problem or problem) if problem else entry
