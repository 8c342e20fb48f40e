"""Files of a repository as members of a tar, and back. Floor: tools.

The segments of a part, one after the other, are one tar without an end mark. A file larger than a piece is several members, named
`<path>.piece-00000` and so on, so that no block is large and each segment can be unpacked alone.
"""

import os
import re
import secrets
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from workers.errors import Corrupt, Permanent
from workers.sources.elasticsearch.contents import PIECE
from workers.sources.elasticsearch.footer import Footer

_PATH = re.compile(r"(?:indices/[\w-]{1,64}/(?:\d{1,5}/)?)?[\w.-]{1,100}")
_PIECE = re.compile(r"(.+)\.piece-(\d{5,})")
FILE, FOLDER = 0o644, 0o755  # the cluster runs as another user; `folder` itself is closed to strangers


def packed(root: Path, files: tuple[str, ...], *, bare: bool = False) -> Iterator[bytes]:
    """The members of one file, or of one blob in parts, proven while it is read. `bare` files have no footer."""
    footer = Footer(str(root / files[-1]))
    for name in files:
        try:
            yield from _members(root / name, name, footer)
        except FileNotFoundError as error:
            raise Permanent(f"{root / name} vanished while it was copied: somebody else deletes snapshots in this repository") from error
    if not bare:
        footer.judge()


def _members(path: Path, name: str, footer: Footer) -> Iterator[bytes]:
    with path.open("rb") as source:
        several = os.fstat(source.fileno()).st_size > PIECE
        piece, number = source.read(PIECE), 0
        while piece or number == 0:
            footer.feed(piece)
            yield _member(f"{name}.piece-{number:05}" if several else name, piece)
            piece, number = source.read(PIECE), number + 1


def _member(name: str, data: bytes) -> bytes:
    """A member whose every byte follows from name and content: the same files make the same segments."""
    head = tarfile.TarInfo(name)
    head.size, head.mode = len(data), FILE
    return head.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % tarfile.BLOCKSIZE)


def unpack(plain: Path, root: Path) -> None:
    """Put the members of one segment where they belong; the same again changes nothing. Corrupt where a name is none of a repository."""
    if not plain.stat().st_size:
        return
    try:
        with tarfile.open(plain, "r:") as archive:
            for member in archive:
                source = archive.extractfile(member) if member.isreg() else None
                if source is None or not _PATH.fullmatch(member.name) or ".." in member.name.split("/"):
                    raise Corrupt(f"{plain.name} holds {member.name!r}, which is no file of a snapshot repository")
                _place(root, member.name, source.read())
    except tarfile.TarError as error:
        raise Corrupt(f"{plain.name} is no tar: {error}") from error


def _place(root: Path, name: str, data: bytes) -> None:
    piece = _PIECE.fullmatch(name)
    path = root / (piece[1] if piece else name)
    _folders(root, path.parent)
    if piece:
        file = os.open(path, os.O_WRONLY | os.O_CREAT, FILE)
        try:
            os.fchmod(file, FILE)
            os.pwrite(file, data, int(piece[2]) * PIECE)
        finally:
            os.close(file)
    else:
        coming = path.with_name(f"{path.name}.{secrets.token_hex(4)}.coming")
        coming.write_bytes(data)
        coming.chmod(FILE)
        coming.rename(path)


def _folders(root: Path, path: Path) -> None:
    if path != root and not path.is_dir():
        _folders(root, path.parent)
        path.mkdir(exist_ok=True)
        path.chmod(FOLDER)


def tidy(root: Path, wanted: Iterable[str]) -> None:
    """Remove what is not wanted: files of other snapshots, and what a lost process left half written."""
    keep = {root / name for name in wanted}
    for path in root.rglob("*"):
        if path.is_file() and path not in keep:
            path.unlink()
