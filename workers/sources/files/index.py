"""The index of a backup: one JSON line for each name, in the order of a walk. It streams, and never lies whole in memory. Floor: tools.

Reading believes nothing: lines must ascend, stay below the root, and lie in a folder that came before them.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring_ascii as _quoted  # a name that is no UTF-8 is written as \udcXX

from msgspec import UNSET, DecodeError, UnsetType, convert
from msgspec.json import Decoder

from workers.errors import Corrupt
from workers.sources.files.entry import Body, Entry, Stat, Type
from workers.sources.files.names import is_safe, key, parent, raw
from workers.sources.folders.paths import shown

_ENCODER = json.JSONEncoder(separators=(",", ":"))
_MODES = 0o7777
_NOBODY = (1 << 32) - 1  # to chown this says "leave it as it is"
_TIMES = (1 << 63) * 10**9 - 1  # nanoseconds; seconds of 64 bits
_STREAM = re.compile(r"[0-9a-f]{8}")


class _Line(Stat, frozen=True, gc=False, kw_only=True):
    """A line as it stands: the fields of a stat, of its entry and of its body side by side."""

    path: str
    owner: str = ""
    group: str = ""
    target: str = ""
    link: str = ""
    problem: str = ""
    xattrs: tuple[tuple[str, str], ...] = ()
    stream: str | UnsetType = UNSET
    block: int = -1
    at: int = -1
    stored: int = -1
    sha256: str = ""
    extents: tuple[tuple[int, int], ...] = ()


_DECODER = Decoder(_Line)


def line(entry: Entry) -> bytes:
    """The line of an entry, with its line feed. What is empty is left out. Written by hand: half of the time of `JSONEncoder`."""
    stat, body = entry.stat, entry.body
    text = f'{{"path":{_quoted(entry.path)},"type":"{stat.type}"'
    if stat.type is not Type.GONE:
        text += f',"size":{stat.size},"mtime_ns":{stat.mtime_ns},"ctime_ns":{stat.ctime_ns},"inode":{stat.inode},"mode":{stat.mode}'
        text += f',"uid":{stat.uid},"gid":{stat.gid},"owner":{_quoted(entry.owner)},"group":{_quoted(entry.group)}'
    for name, value in (("target", entry.target), ("link", entry.link), ("problem", entry.problem)):
        if value:
            text += f',"{name}":{_quoted(value)}'
    if entry.xattrs:
        text += f',"xattrs":{_ENCODER.encode(entry.xattrs)}'
    if body is not None:
        text += f',"stream":"{body.stream}","block":{body.block},"at":{body.at},"stored":{body.stored},"sha256":"{body.sha256}"'
        if body.extents:
            text += f',"extents":{_ENCODER.encode(body.extents)}'
    return f"{text}}}\n".encode("ascii")


def parse(data: bytes) -> Entry:
    """The entry of a line; Corrupt where it is none."""
    return _parsed(data)[0]


def _parsed(data: bytes) -> tuple[Entry, bytes]:
    """The same, with the key of its path."""
    try:
        entry = _entry(_fields(data))
        order = key(entry.path)
        _makeable(entry)
    except ValueError as error:  # msgspec's own errors are such, and what is no name
        raise Corrupt(f"the index of files has a line that cannot be read: {data[:80]!r}") from error
    if not (is_safe(entry.path) and is_safe(entry.link) and "\0" not in entry.target + entry.owner + entry.group):
        raise Corrupt(f"the index of files names {shown(entry.path)!r}, which is not below its folder")
    if entry.body and not _sound(entry.body, entry.stat.size):
        raise Corrupt(f"the index of files says where {shown(entry.path)!r} lies in a way that cannot be")
    return entry, order


def _makeable(entry: Entry) -> None:
    """Raise ValueError for what no system has: names that are no bytes, numbers that are out of range, values that are not base64."""
    for path in (entry.link, entry.target):
        if path:
            raw(path)
    for name, value in entry.xattrs:
        if b"\0" in raw(name):
            raise ValueError("a name with a zero byte")
        b64decode(value, validate=True)
    stat = entry.stat
    if not (0 <= stat.mode <= _MODES and 0 <= stat.uid < _NOBODY and 0 <= stat.gid < _NOBODY and -_TIMES <= stat.mtime_ns <= _TIMES):
        raise ValueError("a number that is out of range")


def _fields(data: bytes) -> _Line:
    """The fields of a line, each of its type. A quarter of the time that Python's own decoder and a look at every field take."""
    try:
        return _DECODER.decode(data)
    except DecodeError:  # it takes no lone surrogate: a name that is no UTF-8 has some
        return convert(json.loads(data.decode("ascii")), _Line)


def _entry(line: _Line) -> Entry:
    stat = Stat(line.type, line.size, line.mtime_ns, line.ctime_ns, line.inode, line.mode, line.uid, line.gid)
    body = None
    if line.stream is not UNSET:
        body = Body(line.stream, line.block, line.at, line.stored, line.sha256, line.extents)
    return Entry(line.path, stat, line.owner, line.group, line.target, line.link, line.xattrs, body, line.problem)


def _sound(body: Body, size: int) -> bool:
    """Whether a body can be as it says: the stream's name is eight hex digits, its bytes fill the file or the data between its holes."""
    if not (_STREAM.fullmatch(body.stream) and body.sha256 and 0 <= body.block <= body.at):
        return False
    if not body.extents:
        return body.stored == size >= 0
    ends = [0, *(number for offset, length in body.extents for number in (offset, offset + length)), size]
    return ends == sorted(ends) and body.stored == sum(length for _, length in body.extents)


def read(lines: Iterable[bytes]) -> Iterator[Entry]:
    """The entries of these lines, those that are gone as well. Corrupt where they do not ascend, or lie in no folder."""
    before: bytes | None = None
    folders: list[str] = []
    for data in lines:
        entry, found = _parsed(data)
        if before is not None and found <= before:
            raise Corrupt(f"the index of files is out of order at {shown(entry.path)!r}")
        before = found
        if entry.stat.type is not Type.GONE:
            _descend(folders, entry)
        yield entry


def _descend(folders: list[str], entry: Entry) -> None:
    """Keep the folders that the walk is in; what lies in none of them would be written through something that is no folder."""
    above = parent(entry.path)
    while folders and folders[-1] != above:
        folders.pop()
    if entry.path and not folders:
        raise Corrupt(f"the index of files puts {shown(entry.path)!r} into what is no folder")
    if entry.stat.type is Type.FOLDER:
        folders.append(entry.path)
