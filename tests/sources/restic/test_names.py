"""What restic tells of the names in a snapshot, and of their bytes."""

import pytest

from tests.sources.engine.hands import take
from tests.sources.engine.naming import Naming
from workers.errors import Corrupt, Permanent


class TestNames(Naming):
    """Against the real program."""


def test_bytes_that_the_first_store_has_lost_are_compared_with_the_next(made):
    taken = take(made)
    made.source.carry(taken.segment)
    for pack in made.packs():
        pack.unlink()
    assert list(made.source.compare([(taken.segment, taken.plain)], thorough=True)) == []
    for pack in made.packs(1):
        pack.unlink()
    with pytest.raises(Permanent, match=r"store nas: .*; store disk: "):
        made.source.compare([(taken.segment, taken.plain)], thorough=True)


def test_a_stream_that_ends_too_early_is_no_proof_whatever_the_program_says(made):
    taken, folder = take(made), made.root / "lying"
    folder.mkdir()
    real = f'{made.options.tools}/restic "$@"'
    (folder / "restic").write_text(f'#!/bin/sh\ncase "$*" in *" dump "*) {real} | head -c 20000; exit 0;; esac\nexec {real}\n')
    (folder / "restic").chmod(0o755)
    with pytest.raises(Corrupt, match=r"store nas: .* gave \d of the 21 files of snapshot"):
        made.with_(tools=folder).source.compare([(taken.segment, taken.plain)], thorough=True)
