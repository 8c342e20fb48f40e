"""The record of a snapshot: written for people, read without belief."""

from datetime import UTC, datetime

import pytest

from workers.artifact import Form, Role, Segment
from workers.errors import Corrupt, Permanent
from workers.sources.engine import record
from workers.sources.engine.record import Record

RECORD = Record("restic", "0.19.1", "r" * 64, "5" * 64, "7" * 64, "/srv/uploads", "files1", datetime(2026, 11, 22, tzinfo=UTC), 3, 5000, 70)


def test_a_record_comes_back_as_it_was_written(tmp_path):
    (tmp_path / "plain").write_bytes(RECORD.written())
    assert record.read(tmp_path / "plain") == RECORD
    assert b'\n  "snapshot": "555' in RECORD.written()


@pytest.mark.parametrize("text", ["", "{}", "[]", "{", '{"engine": 1}'])
def test_what_is_no_record_is_corrupt(tmp_path, text):
    (tmp_path / "plain").write_text(text)
    with pytest.raises(Corrupt, match="is no record of a snapshot"):
        record.read(tmp_path / "plain")


def test_the_name_of_a_segment_says_which_snapshot_it_is_about():
    segment = Segment(1, RECORD.name, Role.DATA, Form(0, ""))
    assert record.snapshot_of(segment) == RECORD.snapshot
    with pytest.raises(Permanent, match="holds no record"):
        record.snapshot_of(Segment(1, "data", Role.DATA, Form(0, "")))
