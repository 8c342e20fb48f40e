"""Where a segment's files lie in the spool, and their notes: what each is proven by, and what a repeated compress reuses.

A broker that was killed may send a message again when later steps of the segment are done: what was freed is told, too.
"""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workers.artifact import Form, Segment, decode, encode
from workers.crc import Sums
from workers.errors import Failure, Permanent
from workers.spool.held import NOTE
from workers.spool.room import Room

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True)
class Freed:
    """The forms that a segment had whose files are gone."""

    plain: Form
    stored: Form


def plain(room: Room, run: str, segment: Segment) -> Path:
    """The plain form: `<spool>/<run>/000003.data.plain`. Raises Permanent for a name that would lead elsewhere."""
    return _file(room, run, segment, "plain")


def stored(room: Room, run: str, segment: Segment) -> Path:
    """The stored form: `<spool>/<run>/000003.data.stored`. Raises Permanent for a name that would lead elsewhere."""
    return _file(room, run, segment, "stored")


def _file(room: Room, run: str, segment: Segment, form: str) -> Path:
    if not NAME.fullmatch(segment.name):
        raise Permanent(f"segment {segment.number}: {segment.name!r} is no name of a segment")
    return room.folder(run) / f"{segment.number:06}.{segment.name}.{form}"


def remove(room: Room, run: str, segment: Segment) -> None:
    """Remove a segment's files and give its room back; nothing happens where they are gone."""
    for form in (plain(room, run, segment), stored(room, run, segment)):
        form.unlink(missing_ok=True)
        _note(form).unlink(missing_ok=True)
    room.release(run, segment.number)


def free(room: Room, run: str, segment: Segment, stored: Form) -> None:
    """Remove a segment's files for good, and give its room back; `freed` tells what its forms were until the run is cleared."""
    with suppress(FileNotFoundError), _freed(room, run).open("a") as file:  # first; the run's folder is gone where the run is over
        file.write(f"{segment.number} {json.dumps(encode(Freed(segment.plain, stored)))}\n")
    remove(room, run, segment)


def freed(room: Room, run: str, segment: Segment) -> Freed | None:
    """The forms of a segment that was freed: a message about it came twice, and late. None where its files are still there."""
    if plain(room, run, segment).exists() or stored(room, run, segment).exists():
        return None
    with suppress(FileNotFoundError), _freed(room, run).open() as file:
        for number, _, forms in (line.partition(" ") for line in file):
            if int(number) == segment.number:
                return decode(Freed, json.loads(forms))
    return None


def _freed(room: Room, run: str) -> Path:
    """One file for all segments: whoever asks for room looks at every name in the folder."""
    return room.folder(run) / f"freed{NOTE}"


def write_note(file: Path, sums: Sums) -> None:
    """Record what is known of a finished file beside it, whole or not at all."""
    new = file.with_name(f"{file.name}.new{NOTE}")
    try:
        new.write_text(json.dumps(encode(sums)))
        new.replace(_note(file))
    except OSError as error:
        raise Permanent(f"cannot write {new}: {error.strerror}") from error


def read_note(file: Path, *, gone: bool = False) -> Sums | None:
    """What was recorded about a file, or about one that is `gone`; None where there is no note, or the file is not of that size."""
    try:
        sums = decode(Sums, json.loads(_note(file).read_text()))
        return sums if gone or file.stat().st_size == sums.form.bytes else None
    except (OSError, ValueError, Failure):
        return None


def _note(file: Path) -> Path:
    return file.with_name(file.name + NOTE)
