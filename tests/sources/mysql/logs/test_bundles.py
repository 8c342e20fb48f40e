import hashlib
from pathlib import Path

import pytest

from tests.catalog.samples import NOON
from workers.artifact import Form, Log
from workers.errors import Corrupt
from workers.sources.mysql.logs.bundles import unbundle


def log(name: str, data: bytes) -> Log:
    return Log(name, Form(len(data), hashlib.sha256(data).hexdigest()), 4, NOON, NOON)


FILES = {"bin.000001": b"a" * 10, "bin.000002": b"", "bin.000003": b"b" * 2_500_000, "bin.000004": b"cd"}
LOGS = [log(name, data) for name, data in FILES.items()]


def segments(folder: Path, *cuts: int) -> list[Path]:
    """All files one after another, cut at these bytes."""
    data, paths = b"".join(FILES.values()), []
    for number, (begin, end) in enumerate(zip((0, *cuts), (*cuts, len(data)), strict=True)):
        paths.append(folder / f"{number}.plain")
        paths[-1].write_bytes(data[begin:end])
    return paths


@pytest.mark.parametrize("cuts", [(), (5,), (10,), (5, 11, 2_000_000)])
def test_the_files_come_back_wherever_the_segments_were_cut(tmp_path: Path, cuts: tuple[int, ...]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    paths = unbundle(LOGS, segments(tmp_path, *cuts), out)
    assert {path.name: path.read_bytes() for path in paths} == FILES


def test_a_log_that_is_not_what_the_manifest_says_is_named(tmp_path: Path) -> None:
    [path] = segments(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Corrupt, match=r"bin\.000004 has 1 bytes"):
        unbundle(LOGS, [path], tmp_path)
