"""The index of a backup: one JSON line for each name, in the order of a walk. It streams, and never lies whole in memory. Floor: tools.

Reading believes nothing: lines must ascend, stay below the root, and lie in a folder that came before them.
"""

import json
import re
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring_ascii as _quoted  # a name that is no UTF-8 is written as \udcXX
from typing import Any

from workers.errors import Corrupt
from workers.sources.files.entry import Body, Entry, Stat, Type
from workers.sources.files.names import is_safe, key, parent
from workers.sources.folders.paths import shown

_ENCODER = json.JSONEncoder(separators=(",", ":"))
_DECODER = json.JSONDecoder()
_STREAM = re.compile(r"[0-9a-f]{8}")
_NUMBERS, _ZEROS = ("size", "mtime_ns", "ctime_ns", "inode", "mode", "uid", "gid"), (0,) * 7  # as Stat has them
_TEXTS, _BLANKS = ("owner", "group", "target", "link", "problem"), ("",) * 5  # as Entry has them, and what is wrong


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
    try:
        fields = _DECODER.decode(data.decode("ascii"))
        entry = _entry(fields)
        key(entry.path)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Corrupt(f"the index of files has a line that cannot be read: {data[:80]!r}") from error
    if not (is_safe(entry.path) and is_safe(entry.link)):
        raise Corrupt(f"the index of files names {shown(entry.path)!r}, which is not below its folder")
    if entry.body and not _sound(entry.body, entry.stat.size):
        raise Corrupt(f"the index of files says where {shown(entry.path)!r} lies in a way that cannot be")
    return entry


def _sound(body: Body, size: int) -> bool:
    """Whether a body can be as it says: the stream's name is eight hex digits, its bytes fill the file or the data between its holes."""
    ends = [0, *(number for offset, length in body.extents for number in (offset, offset + length)), size]
    stored = sum(length for _, length in body.extents) if body.extents else size
    return bool(_STREAM.fullmatch(body.stream)) and ends == sorted(ends) and 0 <= body.block <= body.at and body.stored == stored


def _entry(fields: dict[str, Any]) -> Entry:
    get, path, body = fields.get, fields["path"], None
    numbers, texts = tuple(map(get, _NUMBERS, _ZEROS)), tuple(map(get, _TEXTS, _BLANKS))
    if "stream" in fields:
        extents = tuple((offset, length) for offset, length in get("extents", ()))
        body = Body(fields["stream"], fields["block"], fields["at"], fields["stored"], fields["sha256"], extents)
        _typed(int, (body.block, body.at, body.stored, *(number for extent in extents for number in extent)))
        _typed(str, (body.stream, body.sha256))
    xattrs = tuple((name, value) for name, value in get("xattrs", ()))
    _typed(int, numbers)
    _typed(str, (path, *texts, *(text for pair in xattrs for text in pair)))
    owner, group, target, link, problem = texts
    return Entry(path, Stat(Type(fields["type"]), *numbers), owner, group, target, link, xattrs, body, problem)


def _typed(kind: type, values: tuple[Any, ...]) -> None:
    if found := set(map(type, values)) - {kind}:
        raise TypeError(f"{found} where {kind.__name__} belongs")


def read(lines: Iterable[bytes]) -> Iterator[Entry]:
    """The entries of these lines, those that are gone as well. Corrupt where they do not ascend, or lie in no folder."""
    before: bytes | None = None
    folders: list[str] = []
    for data in lines:
        entry = parse(data)
        found = key(entry.path)
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
