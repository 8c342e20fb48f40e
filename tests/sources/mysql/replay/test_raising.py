"""What is left of a whole server before logs are replayed on it; that it is the right moment is shown beside the physical fulls."""

from contextlib import closing

from tests.sources.mysql.conftest import Ground
from tests.sources.mysql.replay.conftest import KEPT, Base
from workers.sources.mysql.replay.raising import leave_alone

PARENT = "CREATE TABLE p (id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO p VALUES (1);"
CHILD = "CREATE TABLE c (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES {}.p (id)) ENGINE=InnoDB; INSERT INTO c VALUES (1);"
TIES = "SELECT unique_constraint_schema FROM information_schema.referential_constraints WHERE constraint_schema = '{}'"


def alone(base: Base, name: str) -> None:
    with closing(base.scratch.server.connect()) as session:
        leave_alone(session, name)


def test_one_database_stays_whoever_points_into_it(base: Base) -> None:
    there = Ground(base.scratch.server, 0, base.logs)
    kept = there.database(PARENT)
    there.database(CHILD.format(kept))
    alone(base, kept)
    assert {str(name) for (name,) in base.ask("SELECT schema_name FROM information_schema.schemata")} - KEPT == {kept}
    assert base.ask(f"SELECT id FROM {kept}.p") == [(1,)]


def test_what_points_out_of_it_is_still_seen_so_that_its_replay_is_refused(base: Base) -> None:
    there = Ground(base.scratch.server, 0, base.logs)
    gone = there.database(PARENT)
    kept = there.database(CHILD.format(gone))
    alone(base, kept)
    assert base.ask(TIES.format(kept)) == [(gone,)]
    assert base.ask(f"SELECT id FROM {kept}.c") == [(1,)]
