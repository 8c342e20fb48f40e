import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.catalog.samples import DATA, FACTS, FULL, NOON, SCHEMA
from workers.artifact import Count, Form, Kind, Log
from workers.catalog import layout
from workers.catalog.manifest import Manifest, manifest_key, read, seal, segment_key
from workers.errors import Corrupt, Failure, Permanent

SEALED = seal(FULL)
GOLDEN = Path(__file__).parent / "golden"
EAST = datetime(2026, 11, 22, 21, 0, tzinfo=timezone(timedelta(hours=9)))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def resealed(change: Callable[[dict[str, Any]], None]) -> bytes:
    """A manifest that somebody changed and gave a right digest."""
    fields = json.loads(SEALED)
    del fields["digest"], fields["signature"]
    change(fields)
    return layout.write(fields)


def test_what_was_sealed_is_read_back() -> None:
    assert read(SEALED) == FULL


def test_keys_are_those_of_the_format() -> None:
    assert manifest_key("community", FULL.id) == "community/20261122T120000Z-full-9f3a11c2/manifest.json"
    assert segment_key("community", FULL.id, DATA) == "community/20261122T120000Z-full-9f3a11c2/segments/000002.data.zst"


def test_every_format_that_was_ever_released_is_read() -> None:
    found = {path.name: read(path.read_bytes()) for path in GOLDEN.iterdir()}
    assert found == {"format-1.json": FULL}


def test_every_flipped_bit_is_noticed() -> None:
    for place in range(0, len(SEALED) * 8, 3):
        bent = bytearray(SEALED)
        bent[place // 8] ^= 1 << place % 8
        with pytest.raises(Permanent):
            read(bytes(bent))


def test_every_cut_is_noticed() -> None:
    for cut in range(len(SEALED)):
        with pytest.raises(Corrupt):
            read(SEALED[:cut])


@given(st.integers(0, len(SEALED)), st.integers(0, len(SEALED)), st.binary(max_size=20))
def test_no_swapped_stretch_of_bytes_is_believed(start: int, length: int, other: bytes) -> None:
    bent = SEALED[:start] + other + SEALED[start + length :]
    if bent == SEALED:
        return
    with pytest.raises(Permanent):
        read(bent)


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_nothing_from_anywhere_is_believed(data: bytes) -> None:
    with pytest.raises(Permanent):
        read(data)


@settings(max_examples=300)
@given(st.data())
def test_no_field_can_take_another_type_even_with_a_right_digest(data: st.DataObject) -> None:
    try:
        bent = resealed(lambda fields: bend(fields, data))
    except ValueError:  # a NaN or half a character cannot even be written
        return
    with suppress(Failure):
        assert read(bent) != FULL or bent == SEALED


def bend(place: Any, data: st.DataObject) -> None:
    """Replace one value, somewhere, by one of another type; an empty list has nothing to replace."""
    name = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    old = place[name]
    if isinstance(old, dict | list) and data.draw(st.booleans()):
        return bend(old, data) if old else None
    place[name] = data.draw(JSON.filter(lambda value: type(value) is not type(old)))
    return None


def test_a_newer_format_says_that_the_program_is_too_old() -> None:
    with pytest.raises(Permanent, match="format 2, made by a newer version") as failure:
        read(resealed(lambda fields: fields.update(format=2)))
    assert not isinstance(failure.value, Corrupt)


@pytest.mark.parametrize("version", [0, -1, True, "1", None, [1]])
def test_what_is_no_format_is_corrupt(version: object) -> None:
    with pytest.raises(Corrupt, match="is no format"):
        read(resealed(lambda fields: fields.update(format=version)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda fields: fields.update(colour="red"), "unknown"),
        (lambda fields: fields["facts"].update(colour="red"), "unknown"),
        (lambda fields: fields["segments"][0].update(number="1"), "another type"),
        (lambda fields: fields["segments"][0].update(number=True), "another type"),
        (lambda fields: fields["segments"][0]["plain"].update(bytes="9"), "another type"),
        (lambda fields: fields.update(started=1763812800), "another type"),
        (lambda fields: fields.update(segments={}), "segments"),
        (lambda fields: fields.pop("id"), "id"),
        (lambda fields: fields.update(kind="half"), "kind"),
    ],
)
def test_a_strange_field_is_corrupt_even_with_a_right_digest(change: Callable[[dict[str, Any]], None], words: str) -> None:
    with pytest.raises(Corrupt, match=words):
        read(resealed(change))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (replace(FULL, id="20261122T120000Z-log-9f3a11c2"), "no id of a full backup"),
        (replace(FULL, id="../20261122T120000Z-full-9f3a11c2"), "no id"),
        (replace(FULL, target="../etc"), "target '../etc' is no name"),
        (replace(FULL, parent=FULL.id), "a full backup has no parent"),
        (replace(FULL, kind=Kind.LOG, id="20261122T120000Z-log-9f3a11c2", parent="x"), "parent 'x' is no backup"),
        (replace(FULL, segments=()), "a full backup has segments"),
        (replace(FULL, run=""), "must be given"),
        (replace(FULL, required=()), "no required store"),
        (replace(FULL, started=EAST), "must be UTC"),
        (replace(FULL, facts=replace(FACTS, snapshot=NOON.replace(tzinfo=None))), "must be UTC"),
        (replace(FULL, facts=replace(FACTS, counts=(Count("users", -1),))), "count is negative"),
        (replace(FULL, segments=(DATA, SCHEMA)), "segment 1: number 2 stands in its place"),
        (replace(FULL, segments=(SCHEMA, replace(DATA, number=3))), "segment 2: number 3"),
        (replace(FULL, segments=(SCHEMA, replace(DATA, stored=None))), "segment 2: a size or SHA-256 is missing"),
        (replace(FULL, segments=(SCHEMA, replace(DATA, stored=Form(-1, "44" * 32)))), "missing or wrong"),
        (replace(FULL, segments=(SCHEMA, replace(DATA, plain=Form(1, "44")))), "missing or wrong"),
        (replace(FULL, segments=(SCHEMA, replace(DATA, name="../../x"))), "is no file name"),
        (replace(FULL, segments=(SCHEMA, replace(DATA, suffix="/x"))), "is no file name"),
        (replace(FULL, segments=(SCHEMA, replace(DATA, suffix=".zst.age"))), "nobody is a recipient"),
        (replace(FULL, recipients=("age1x",)), "or the other way round"),
        (replace(FULL, segments=(SCHEMA, replace(DATA, copies=("s3",)))), "segment 2: it was not proven in nas"),
        (
            replace(FULL, segments=(SCHEMA, replace(DATA, key="a/b/segments/x"))),
            "segment 2: it lies elsewhere",
        ),
    ],
)
def test_a_backup_that_is_not_whole_is_neither_sealed_nor_read(bad: Any, words: str) -> None:
    with pytest.raises(Permanent, match=words):
        seal(bad)


def test_the_logs_of_a_bundle_and_what_it_is_missing_are_read_back() -> None:
    log = Log("bin.000001", Form(9, "11" * 32), 4, NOON, NOON, "", "0-1-5", 5, closed=False, fault="an incident")
    bundle = replace(named(Kind.LOG), facts=replace(FACTS, logs=(log,), gap="bin.000000 was purged"))
    assert read(seal(bundle)) == bundle


def test_a_backup_that_only_names_logs_says_so() -> None:
    found = read(seal(replace(named(Kind.INCREMENTAL), parent=FULL.id, pins=(f"logs-x/{named(Kind.LOG).id}",))))
    assert (found.names_logs, found.pins) == (True, ("logs-x/20261122T120000Z-log-9f3a11c2",))
    assert not FULL.names_logs
    assert not named(Kind.LOG).names_logs


@pytest.mark.parametrize("pin", ["logs-x", "logs-x/y", "../x/20261122T120000Z-log-9f3a11c2"])
def test_a_pin_that_is_no_backup_is_refused(pin: str) -> None:
    with pytest.raises(Permanent, match="a pin is no backup"):
        seal(replace(named(Kind.INCREMENTAL), pins=(pin,)))


def named(kind: Kind) -> Manifest:
    """A backup of this kind without segments."""
    return replace(FULL, id=FULL.id.replace("full", kind), kind=kind, segments=())


def test_a_label_is_read_back_and_must_be_a_word() -> None:
    labelled = replace(FULL, label="safety")
    assert read(seal(labelled)) == labelled
    with pytest.raises(Corrupt, match="label 'no word' is no name"):
        seal(replace(FULL, label="no word"))
