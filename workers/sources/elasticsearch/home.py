"""The folder of one restore: the repository as it is rebuilt, where it is, and notes for the steps after. Floor: tools.

It lies beside the live repository, where the cluster may read it. Steps are separate processes, so all they know of each other lies
here. One restore at a time runs on a host; what an earlier one left is removed when the next begins.
"""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from workers.artifact import Order, Outcome, Segment, decode, encode
from workers.errors import Permanent, Refused
from workers.sources.elasticsearch.options import SNAPSHOTS, ElasticsearchOptions
from workers.sources.elasticsearch.packs import FOLDER, unpack

PREFIX = "restore-"
ASKED = "asked"


def home(options: ElasticsearchOptions, order: Order) -> Path:
    """The folder of a restore, whether it is there or not."""
    return options.folder / f"{PREFIX}{order.backup[-8:]}-{order.into[-40:]}"


def make(options: ElasticsearchOptions, order: Order) -> Path:
    """A fresh folder, readable for the cluster. Refused where this host may not make it."""
    try:
        for old in options.folder.glob(f"{PREFIX}*"):
            if old.is_dir():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.unlink(missing_ok=True)
        folder = home(options, order)
        folder.mkdir()
        (folder / SNAPSHOTS).mkdir()
    except OSError as error:
        raise Refused(f"cannot make a folder in {options.folder}: {error.strerror}; the worker's user needs to write there") from error
    for path in (folder, folder / SNAPSHOTS):
        path.chmod(FOLDER)
    return folder


def keep(folder: Path, segments: Iterable[tuple[Segment, Path]]) -> None:
    """Put segments into the rebuilt repository; the same again changes nothing. Permanent where the restore was not prepared."""
    for segment, plain in segments:
        prepared(folder)
        try:
            unpack(plain, folder / SNAPSHOTS)
        except OSError as error:
            raise Permanent(f"cannot write segment {segment.number} into {folder}: {error.strerror}") from error


def prepared(folder: Path) -> None:
    """Permanent where the restore was not prepared."""
    if not folder.is_dir():
        raise Permanent(f"{folder} is gone: the restore was not prepared, or another one began; start it again")


def asked(folder: Path) -> bool:
    """Whether the cluster was asked to restore already, by a process that was lost."""
    return (folder / ASKED).exists()


def ask(folder: Path) -> None:
    """Note that it was."""
    (folder / ASKED).touch()


def unask(folder: Path) -> None:
    """Note that it was not, after all."""
    (folder / ASKED).unlink(missing_ok=True)


def close(folder: Path, outcome: Outcome) -> None:
    """Note what came of the restore, which is kept until the next one begins, and remove everything else."""
    note = _note(folder)
    coming = note.with_suffix(".coming")
    coming.write_text(json.dumps(encode(outcome)))
    coming.rename(note)
    remove(folder)


def remove(folder: Path) -> None:
    """Remove the folder."""
    shutil.rmtree(folder, ignore_errors=True)


def done(folder: Path) -> Outcome | None:
    """What came of a restore that is over; None while it is not."""
    note = _note(folder)
    return decode(Outcome, json.loads(note.read_text())) if note.exists() else None


def _note(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.outcome")
