"""The faults' own proof: a few of each cheap kind end as they may, and a product that looks away is found out."""

import json
import random
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.faults import bitflip
from tests.faults.verdicts import Counts, Violation
from workers.bench.restore import Restore
from workers.errors import Permanent


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    with bitflip.ground(tmp_path_factory.mktemp("bitflip")) as here:
        yield here


def test_200_damages_of_every_sort_are_found_before_a_byte_is_loaded(ground):
    counts = Counts()
    for number in range(200):
        counts.add(bitflip.case(ground, random.Random(f"test:{number}")))
    assert (counts.tried, counts.survived + counts.refused) == (200, 200)
    assert counts.survived > 50
    assert counts.refused > 50


@pytest.mark.parametrize("harm", bitflip.HARMS)
def test_a_damage_is_mended_afterwards(ground, harm):
    before = {path: (ground.root / "one" / path).read_bytes() for path in ground.objects("plain")}
    with bitflip.damaged(ground, "plain", ("one",), harm, random.Random(1)):
        assert {path: (ground.root / "one" / path).read_bytes() for path in before if (ground.root / "one" / path).exists()} != before
    assert {path: (ground.root / "one" / path).read_bytes() for path in before} == before


def test_a_restore_that_looks_at_nothing_is_found_out(ground, monkeypatch):
    monkeypatch.setattr(Restore, "prove", lambda _self: None)
    with pytest.raises(Violation, match="nobody noticed"), damage(ground, "one", "two"):
        bitflip.judge(ground, "plain", ("one", "two"), "a flip")
    with pytest.raises(Violation, match="not named"), damage(ground, "one"):
        bitflip.judge(ground, "plain", ("one",), "a flip")


def test_a_restore_that_gives_up_too_early_is_found_out(ground, monkeypatch):
    def refuse(_self):
        raise Permanent("no")

    monkeypatch.setattr(Restore, "prove", refuse)
    with pytest.raises(Violation, match="although the other store is whole"), damage(ground, "one"):
        bitflip.judge(ground, "plain", ("one",), "a flip")


@contextmanager
def damage(ground, *stores):
    with bitflip.damaged(ground, "plain", stores, "flip", random.Random(2)):
        yield


def told(tmp_path, **environment):
    line = [sys.executable, "-m", "tests.faults"]
    return subprocess.run(
        line, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **environment}, capture_output=True, text=True, check=False
    )


def test_a_kind_that_is_none_is_told_with_what_was_meant(tmp_path):
    done = told(tmp_path, ONLY="bitflop")
    assert (done.returncode, 'did you mean "bitflip"?' in done.stderr) == (2, True)


def test_the_counts_are_written_with_their_total():
    counts = Counts()
    counts.add("survived")
    counts.add("refused")
    counts.violate("what must not be")
    assert json.loads(json.dumps(counts.row())) == {"tried": 3, "survived": 1, "refused": 1, "violations": 1}
