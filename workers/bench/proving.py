"""How a plain form in the spool is proven, and how a copy in a store is.

A copy is read back, or asked for by size and SHA-256 where the store vouches for both and reading would cost.
"""

from pathlib import Path

from workers.artifact import Form, Kind, Segment
from workers.crc import Crc64
from workers.errors import Corrupt, Permanent
from workers.plans import Plan
from workers.ports import Store
from workers.spool import files
from workers.transforms import checksum
from workers.transforms.stream import Expected


def proven(store: Store, key: str, kind: Kind, plan: Plan) -> Form:
    """The form of the copy that lies under `key` now. Raises Permanent where there is none.

    A store that did not check the SHA-256 while it took the object is always read, whatever the plan says.
    """
    if asks(store, kind, plan):
        found = store.stat(key)
        if found and found.sha256:
            return Form(found.bytes, found.sha256)
    with store.open(key) as copy:
        return checksum.form_of(copy)


def asks(store: Store, kind: Kind, plan: Plan) -> bool:
    """Whether asking is enough: as the plan says; where it says nothing, only where reading costs."""
    wanted = plan.verify or ("head" if kind in store.properties.costly else "read")
    return wanted == "head" and store.properties.checks_upload


def cut_form(plain: Path) -> Form:
    """Size and CRC-64 of a plain form in the spool, as the cutter recorded them. Corrupt where nothing proves the file any more."""
    if not plain.exists():
        raise Permanent(f"{plain} is missing")
    if (note := files.read_note(plain)) is None:
        raise Corrupt(f"{plain} is not as long as it was cut, or its note is lost: nothing proves it")
    return Form(note.form.bytes, note.crc)


def recorded(stored: Path, form: Form) -> Expected:
    """What a stored form in the spool is proven by: its CRC-64, or its SHA-256 where the note is lost or about another form."""
    crc = noted_crc(stored, form)
    return Expected(Form(form.bytes, crc), Crc64) if crc else Expected(form)


def noted_crc(stored: Path, form: Form) -> str:
    """The CRC-64 of a stored form in the spool; "" where its note is lost or about another form."""
    note = files.read_note(stored)
    return note.crc if note and note.form == form else ""


def stored_form(segment: Segment) -> Form:
    """The stored form of a segment that was compressed; Permanent where it was not."""
    if segment.stored is None:
        raise Permanent(f"segment {segment.number} was never compressed")
    return segment.stored


def expect(segment: Segment, wanted: Form, found: Form, where: str) -> None:
    """Corrupt, naming segment and place, where the bytes differ from what was recorded."""
    if wanted != found:
        digest = "SHA-256" if len(wanted.sha256) == 64 else "CRC-64"
        raise Corrupt(
            f"segment {segment.file} in {where} has {found.bytes} bytes with {digest} {found.sha256[:12]}…,"
            f" recorded were {wanted.bytes} with {wanted.sha256[:12]}…"
        )
