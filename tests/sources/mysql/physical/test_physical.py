"""A whole server goes out as files and comes back as a server, or as one of its databases; both flavours."""

import secrets
import tarfile
from pathlib import Path

import pytest

from tests.sources.mysql.conftest import Ground
from tests.sources.mysql.physical.conftest import Taken
from workers.errors import Corrupt, Failure, Refused
from workers.sources.mysql.scratch.home import furnish


def test_a_whole_server_comes_back_as_a_new_one_and_its_last_word_may_be_said_again(ground: Ground, taken: Taken, place: Path) -> None:
    name, order = taken.facts.place, taken.order(place)
    outcome = taken.back(order)
    assert {count.name for count in outcome.counts} == {count.name for count in order.expected}
    assert {f"{name}.t", f"{name}.odd, @name/é", f"{name}.counter"} <= {count.name for count in outcome.counts}
    assert f"--datadir={place}" in outcome.warnings[0]
    assert not Path(f"{place}.part").exists()
    furnish_part(place)
    assert taken.source.finish(order, iter(())) == outcome
    with taken.served(place) as found:
        assert found.checksums(name) == ground.checksums(name)
        assert [row[0] for row in found.execute(f"SHOW TRIGGERS FROM {name}")] == ["g"]


def furnish_part(place: Path) -> None:
    """As a worker leaves it that was killed behind the rename."""
    part = Path(f"{place}.part")
    part.mkdir()
    furnish(part)


def test_one_database_of_it_goes_into_the_live_server_under_another_name(ground: Ground, taken: Taken) -> None:
    into = f"r_{secrets.token_hex(4)}"
    ground.made.append(f"DROP DATABASE IF EXISTS {into}")
    order = taken.order(into=into)
    outcome = taken.back(order)
    assert {count.name for count in outcome.counts} == {count.name for count in order.expected} == {"t", "odd, @name/é", "counter"}
    assert ground.checksums(into) == ground.checksums(taken.facts.place)
    assert not list(taken.scratch.iterdir())


def test_the_facts_name_all_databases_and_every_byte(taken: Taken) -> None:
    extras = dict(taken.facts.extras)
    assert taken.facts.mode == "physical"
    assert taken.facts.place in extras["databases"].split(", ")
    assert int(extras["bytes"]) == sum(size_of(path) for _, path in taken.pieces)


def size_of(path: Path) -> int:
    with tarfile.open(path) as archive:
        return sum(member.size for member in archive)


def test_files_that_are_missing_are_never_handed_over(taken: Taken, place: Path) -> None:
    """A restore counts its segments; if that lied, the server that is tried would not start, or not say what it should."""
    order = taken.order(place)
    taken.unpack(order, taken.pieces[1:])
    with pytest.raises(Failure):
        taken.source.finish(order, iter(()))
    assert not place.exists()
    with pytest.raises(Refused, match=r"is left of a restore that did not end"):
        taken.source.prepare(order, iter(()))


def test_a_server_that_stands_elsewhere_than_the_backup_says_is_never_handed_over(taken: Taken, place: Path) -> None:
    order = taken.order(place, position=None)
    taken.unpack(order)
    with pytest.raises(Corrupt, match="restored, but to Position"):
        taken.source.finish(order, iter(()))
    assert not place.exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"version": "5.1.0"}, r"are served by \w+ 5\.1, 5\.1\.0 or later of that series, and by nothing else; .* is "),
        ({"version": "99.1.0"}, r"are served by \w+ 99\.1"),
        ({"flavour": "the other"}, "are served by"),
        ({"bytes": 1 << 60}, r"free, so [\d,]+ are missing"),
    ],
    ids=str,
)
def test_what_no_server_here_can_serve_is_refused_before_anything_is_made(
    taken: Taken, place: Path, changed: dict[str, object], words: str
) -> None:
    if "bytes" in changed:
        changed = {"extras": tuple((name, str(changed.get(name, found))) for name, found in taken.facts.extras)}
    if "flavour" in changed:
        changed = {"flavour": "mariadb" if taken.facts.flavour == "mysql" else "mysql"}
    with pytest.raises(Refused, match=words):
        taken.source.prepare(taken.order(place, **changed), iter(()))
    assert not list(place.parent.glob(f"{place.name}*"))


def test_a_place_that_holds_something_is_refused_and_stays_as_it_is(taken: Taken, place: Path) -> None:
    place.mkdir()
    (place / "file").touch()
    assert not taken.source.place(str(place)).empty
    with pytest.raises(Refused, match="is not empty"):
        taken.source.prepare(taken.order(place), iter(()))
    assert [path.name for path in place.iterdir()] == ["file"]


@pytest.mark.parametrize("path", ["/../etc/x", "/a\nb"])
def test_a_path_that_no_directory_should_have_is_refused(taken: Taken, path: str) -> None:
    with pytest.raises(Refused, match="is no absolute path"):
        taken.source.place(path)


def test_a_segment_without_a_restore_is_told(taken: Taken, place: Path) -> None:
    for order in (taken.order(place), taken.order(into="nowhere")):
        with pytest.raises(Failure, match=r"no restore .*is going on"):
            taken.source.load(order, *taken.pieces[0])
