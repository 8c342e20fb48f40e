"""A trial: a copy of which the server's binary log, and so no replica and no later point in time, ever hears."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.sources.mysql.restoring import depart
from workers.artifact import Role
from workers.errors import Failure, Permanent, Refused
from workers.ports import Flaw, Look, TrialGround
from workers.sources.mysql import trial as trials
from workers.sources.mysql.session import rows
from workers.sources.mysql.source import MysqlSource

ONE = "CREATE TABLE t (i INT PRIMARY KEY, f FLOAT); INSERT INTO t VALUES (1, 0.1), (2, 1e9);"


def logged(ground) -> tuple[object, ...]:
    """Where the binary log ends."""
    asked = "SHOW BINARY LOG STATUS" if ground.server.flavour == "mysql" else "SHOW MASTER STATUS"
    return ground.execute(asked)[0]


def back(ground, journey, order) -> None:
    source = MysqlSource(ground.options(journey.facts.place), ground.server.password)
    source.prepare(order, journey.of(Role.SCHEMA))
    for piece in journey.of(Role.DATA):
        source.load(order, *piece)
    source.finish(order, journey.of(Role.SCHEMA, Role.CORRECTION, Role.POST_DATA))


@pytest.mark.parametrize("scratch", [True, False])
def test_the_binary_log_hears_of_a_restore_and_not_of_a_trial(ground, scratch) -> None:
    journey = depart(ground, ONE)
    order, before = replace(journey.order(), scratch=scratch), logged(ground)
    back(ground, journey, order)
    assert ground.checksums(order.into) == ground.checksums(journey.facts.place)
    assert (logged(ground) == before) is scratch


def test_a_trial_over_the_database_itself_is_refused(ground) -> None:
    journey = depart(ground, ONE)
    order = replace(journey.order(journey.facts.place, "community"), scratch=True)
    with pytest.raises(Refused, match="no replica and no later point in time would know"):
        back(ground, journey, order)


def test_a_missing_right_is_named_before_anything_is_made(ground) -> None:
    journey = depart(ground, ONE)
    order = replace(journey.order(), scratch=True)
    user = ground.account("ALL ON `r_%`.*")
    with closing(ground.server.connect()) as session:
        rows(session, f"GRANT SELECT ON `{journey.facts.place}`.* TO '{user}'@'%'")
    server = replace(ground.target(journey.facts.place, user), logged=False)
    right = "SESSION_VARIABLES_ADMIN" if ground.server.flavour == "mysql" else "BINLOG ADMIN"
    with pytest.raises(Permanent, match=rf"out of the binary log: .*GRANT {right} ON \*\.\* TO '{user}'"):
        server.connect()
    assert ground.execute(f"SHOW DATABASES LIKE '{order.into}'") == []


COMMUNITY = """
CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(40)); INSERT INTO users VALUES (1, 'a@x'), (2, 'b@x');
CREATE TABLE posts (id INT PRIMARY KEY, user INT, CONSTRAINT by_user FOREIGN KEY (user) REFERENCES users (id));
INSERT INTO posts VALUES (1, 1), (2, 2);
CREATE TRIGGER shout AFTER INSERT ON posts FOR EACH ROW SET @x = 1;
"""


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path, since a socket comes into it."""
    found = Path(tempfile.mkdtemp(prefix="cb-"))
    yield found
    shutil.rmtree(found)


@pytest.fixture
def beside(monkeypatch) -> None:
    """The host has not the program of the server; what is looked at is the same, and no second server has to start."""

    def none(*_: object) -> None:
        raise Refused("no program")

    monkeypatch.setattr(trials.binaries, "find", none)


def databases(ground) -> set[object]:
    return {name for (name,) in ground.execute("SELECT schema_name FROM information_schema.schemata")}


def tried(ground, journey, short, spoil=None):
    """A trial of a backup; what a look at it finds. `spoil` does something to the copy first."""
    options = ground.options(journey.facts.place, duplicates=["users.email"])
    source = MysqlSource(options, ground.server.password)
    order = replace(journey.order(journey.facts.place), scratch=True)
    with source.trial(order, TrialGround("0badcafe", short, 1)) as trial:
        trial.prepare(journey.of(Role.SCHEMA))
        for piece in journey.of(Role.DATA):
            trial.load(*piece)
        outcome = trial.finish(journey.of(Role.SCHEMA, Role.CORRECTION, Role.POST_DATA, Role.ACCOUNTS))
        if spoil:
            with closing(trial.server.connect(trial.order.into)) as session:
                for statement in ("SET foreign_key_checks = 0", *spoil):
                    rows(session, statement)
        assert trial.blame() == ""
        return trial.where, outcome, trial.look()


@pytest.mark.parametrize("way", ["scratch", "beside"])
def test_a_backup_is_tried_without_a_trace_and_every_relation_followed(ground, short, request, way) -> None:
    if way == "beside":
        request.getfixturevalue("beside")
    journey = depart(ground, COMMUNITY)
    before, end = databases(ground), logged(ground)
    where, outcome, look = tried(ground, journey, short)
    assert ("scratch server" in where) is (way == "scratch")
    assert [(count.name, count.rows) for count in outcome.counts] == [("posts", 2), ("users", 2)]
    assert look == Look(("posts → users (by_user)",), ("users.email",), ())
    assert (databases(ground), logged(ground)) == (before, end)
    assert list(short.iterdir()) == []


def test_what_is_wrong_with_the_live_data_too_speaks_not_against_the_backup(ground, short, beside) -> None:
    journey = depart(
        ground, COMMUNITY + "SET foreign_key_checks = 0; INSERT INTO posts VALUES (3, 77); INSERT INTO users VALUES (3, 'a@x');"
    )
    flaws = tried(ground, journey, short)[2].flaws
    assert flaws == (
        Flaw("foreign key by_user: 1 rows of posts point to no row of users", own=False),
        Flaw("users.email: 1 values in more than one row", own=False),
    )


def test_what_only_the_copy_has_speaks_against_it(ground, short, beside) -> None:
    flaws = tried(ground, depart(ground, COMMUNITY), short, ("INSERT INTO posts VALUES (3, 77)", "UPDATE users SET email = 'a@x'"))[2].flaws
    assert [flaw.own for flaw in flaws] == [True, True]


def test_where_the_live_data_are_gone_nobody_knows(ground, short, beside) -> None:
    journey = depart(ground, COMMUNITY + "INSERT INTO users VALUES (3, 'a@x');")
    ground.execute(f"DROP DATABASE {journey.facts.place}")
    assert [flaw.own for flaw in tried(ground, journey, short)[2].flaws] == [None]


def test_whatever_happens_in_a_trial_it_is_gone_afterwards(ground, short, beside) -> None:
    journey = depart(ground, COMMUNITY)
    before = databases(ground)
    with pytest.raises(Permanent, match="was not loaded"):
        tried(ground, replace(journey, pieces=[_broken(ground, piece) for piece in journey.pieces]), short)
    assert (databases(ground), list(short.iterdir())) == (before, [])


def _broken(ground, piece):
    segment, path = piece
    if segment.role is Role.DATA:
        path.write_bytes(b"INSERT INTO nowhere VALUES (1);\n")
    return segment, path


@pytest.mark.only("mariadb")
def test_a_scratch_server_that_ended_is_to_blame_and_not_the_backup(ground, short) -> None:
    journey = depart(ground, COMMUNITY)
    source = MysqlSource(ground.options(journey.facts.place), ground.server.password)
    with source.trial(replace(journey.order(journey.facts.place), scratch=True), TrialGround("0badcafe", short, 1)) as trial:
        trial.scratch.process.kill()
        trial.scratch.process.wait()
        with pytest.raises(Failure):
            trial.prepare(journey.of(Role.SCHEMA))
        assert "the scratch server ended" in trial.blame()


def test_what_a_lost_trial_left_is_found_and_dropped_and_nothing_else(ground) -> None:
    source = MysqlSource(ground.options("mysql"), ground.server.password)
    strangers = [ground.database(name=name) for name in ("canvasback_verify_stranger", "canvasbackXverify_0badcafe")]
    ground.database(name="canvasback_verify_0badcafe")
    assert source.trials() == ("0badcafe",)
    source.clear_trial("0badcafe")
    source.clear_trial("0badcafe")
    assert source.trials() == ()
    assert set(strangers) <= databases(ground)


def test_the_rights_that_the_guide_names_are_enough_beside_the_live_database(ground, short, beside) -> None:
    journey = depart(ground, COMMUNITY)
    name = "MySQL" if ground.server.flavour == "mysql" else "MariaDB"
    lines = re.findall(rf"^(GRANT .+?) TO .+-- {name}$", Path("docs/guides/verify.md").read_text(), re.MULTILINE)
    assert lines
    user = ground.account(*(line.removeprefix("GRANT ").replace("`community`", f"`{journey.facts.place}`") for line in lines))
    before = databases(ground)
    options = ground.options(journey.facts.place, user=user, socket=None, host="127.0.0.1", port=ground.port)
    order = replace(journey.order(journey.facts.place), scratch=True)
    with MysqlSource(options, SecretStr("p")).trial(order, TrialGround("0badcafe", short, 1)) as trial:
        trial.prepare(journey.of(Role.SCHEMA))
        for piece in journey.of(Role.DATA):
            trial.load(*piece)
        trial.finish(journey.of(Role.SCHEMA, Role.CORRECTION, Role.POST_DATA))
        assert trial.look().flaws == ()
    assert databases(ground) == before
