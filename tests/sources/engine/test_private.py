"""A folder of secrets that nobody else on the host can read, and that is gone whatever happens."""

from contextlib import suppress
from pathlib import Path

from workers.sources.engine.private import private


def test_each_text_is_in_a_file_that_its_owner_alone_may_read() -> None:
    with private({"password": "한글 word", "key": ""}) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {"password": 0o600, "key": 0o600}
        assert (folder / "password").read_text(encoding="utf-8") == "한글 word"


def test_it_is_gone_when_its_block_ends_by_an_error() -> None:
    seen = list[Path]()
    with suppress(ZeroDivisionError), private({"password": "word"}) as folder:
        seen.append(folder)
        _ = 1 / 0
    assert not seen[0].exists()
