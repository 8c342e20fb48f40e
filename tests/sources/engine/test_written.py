"""Whether a repository's folder can be written, and whether two stores are one folder; before any program is asked."""

from pathlib import Path

import pytest

from tests.system import disks
from workers.errors import Permanent, Refused
from workers.ports import Address
from workers.sources.engine.written import apart, read_only, wanted


def at(store: str, place: Path | str, kind: str = "local") -> Address:
    return Address(store, kind, str(place))


def test_a_disk_that_is_mounted_read_only_is_told_by_name(tmp_path: Path) -> None:
    with disks.read_only(tmp_path / "disk") as disk:
        assert read_only(at("nas", disk))
        with pytest.raises(Permanent, match=r"^nas cannot be written: its disk is mounted read-only"):
            wanted("nas", at("nas", disk))


def test_a_folder_that_is_there_and_one_that_is_yet_to_be_made_can_be_written(tmp_path: Path) -> None:
    assert not read_only(at("nas", tmp_path))
    assert not read_only(at("nas", tmp_path / "not-yet"))
    assert not read_only(at("s3", "https://s3/bucket", "s3"))
    wanted("nas", at("nas", tmp_path))


def test_two_stores_that_lead_to_one_folder_are_one_copy(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(Refused, match=r"stores nas and other lead to one place, .*real: that is one copy and not two"):
        apart((at("nas", tmp_path / "real"), at("other", tmp_path / "link")))
    with pytest.raises(Refused, match="one copy"):
        apart((at("s3", "https://s3/bucket/a", "s3"), at("s4", "https://s3/bucket/a", "s3")))


def test_stores_that_lead_apart_are_copies(tmp_path: Path) -> None:
    apart(
        (
            at("nas", tmp_path / "a"),
            at("other", tmp_path / "b"),
            at("s3", "https://s3/bucket/a", "s3"),
            at("s4", "https://s3/bucket/b", "s3"),
        )
    )
