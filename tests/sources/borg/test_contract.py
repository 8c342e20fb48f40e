"""The source `borg` keeps the contract of every source."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.source import Made, SourceContract, take
from workers.artifact import Kind
from workers.sources.engine import record


class TestContract(SourceContract):
    @pytest.fixture
    def made(self, request, tmp_path):
        ground = request.getfixturevalue("ground")
        request.getfixturevalue("kept")(ground)
        return Made(ground.source, str(tmp_path / "restored"), str(ground.path))

    def test_the_readers_of_a_part_share_its_blocks_and_the_first_alone_gets_all(self, made):
        """A record has one reader, and its bytes say when it was made: two of them are not of one length."""
        with made.source.dump(Kind.FULL) as dump:
            assert [part.beside for part in dump.parts()] == [()]

    def test_two_dumps_of_the_same_have_one_fingerprint_and_the_same_data(self, made, tmp_path):
        """What travels is the record of an archive, and two archives of the same tree are two."""
        places = [tmp_path / "a", tmp_path / "b"]
        for place in places:
            place.mkdir()
        ((_, plain),), one = take(made.source, places[0])
        ((_, other),), two = take(made.source, places[1])
        assert one.facts.fingerprint == two.facts.fingerprint
        first, second = (record.read(Path(path)) for path in (plain, other))
        assert replace(second, snapshot=first.snapshot, taken=first.taken, added=first.added) == first
