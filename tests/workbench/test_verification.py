"""A verification: which backup is tried, what speaks against it, and what speaks only against the place it was tried in."""

from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from tests.catalog.samples import FULL, PHYSICAL, later, put
from workers import sources
from workers.artifact import Kind, Outcome, Run, new_run_id
from workers.bench import verification
from workers.bench.verification import Barred, Verification
from workers.errors import Corrupt, Failure, Permanent, Refused, RunFailed, Transient
from workers.ports import Flaw, Look

LOOK = Look(("posts → users (a)",), ("users.email",), ())


@dataclass
class Trial:
    """A place for a trial in which something may go wrong."""

    goes: Failure | None = None
    look_: Look = LOOK
    why: str = ""
    where: str = "place"
    seen: list[str] = field(default_factory=list)

    def prepare(self, schema):
        if self.goes:
            raise self.goes

    def finish(self, rest):
        return Outcome(FULL.facts.counts)

    def look(self):
        return self.look_

    def blame(self):
        return self.why


class Source:
    """A source that gives that place, and says when it is gone."""

    def __init__(self, trial):
        self._trial = trial

    @contextmanager
    def trial(self, order, ground):
        ground.folder.mkdir(parents=True)
        try:
            yield self._trial
        finally:
            self._trial.seen.append("gone")

    def clear_trial(self, run):
        self._trial.seen.append(f"cleared {run}")

    def trials(self):
        return ()


@pytest.fixture
def tools(orders, monkeypatch, tmp_path):
    orders.app.tools.redis.flushdb()
    settings = orders.app.tools.settings.model_copy(update={"scratch_dir": tmp_path / "scratch"})
    monkeypatch.setattr(orders.app.tools, "settings", settings)
    return orders.app.tools


@pytest.fixture
def tried(tools, monkeypatch):
    """Try a backup without data in a given place; what the ledger says of it then, and what was raised."""

    def do(trial):
        monkeypatch.setattr(sources, "open_source", lambda *_, **__: Source(trial))
        put(tools.store("nas"), FULL)
        opened = verification.opening(tools, "community", None, new_run_id())
        opened.take(tools.ledger)
        work, error = Verification(tools, opened.run.id), None
        monkeypatch.setattr(work, "segments", lambda: iter(()))
        try:
            work.try_()
        except Failure as failure:
            error = failure
        assert trial.seen == ["gone"]
        assert not verification.folder(tools, opened.run.id).exists()
        return tools.ledger.entry(opened.run.id), error

    return do


def test_the_newest_whole_backup_is_tried_unless_one_is_named(tools):
    put(tools.store("nas"), FULL)
    put(tools.store("nas"), newer := later(1))
    assert verification.chosen(tools, "community", None).id == newer.id
    assert verification.chosen(tools, "community", FULL.id[:12]).id == FULL.id


def test_what_cannot_be_tried_is_recorded_and_refused(tools):
    asked = verification.opening(tools, "community", None, run := new_run_id())
    with pytest.raises(Refused, match="has no backup that could be restored"):
        asked.take(tools.ledger)
    assert isinstance(asked, Barred)
    assert tools.ledger.entry(run).run.work == "verify"


def test_a_backup_that_only_names_logs_is_refused(tools):
    named = replace(FULL, id="20261122T130000Z-incremental-9f3a11c2", kind=Kind.INCREMENTAL, parent=FULL.id, segments=())
    nas = tools.store("nas")
    from workers.catalog.manifest import manifest_key, seal
    from workers.transforms.checksum import form_of

    nas.put(manifest_key(named.target, named.id), body := seal(named), form_of(body))
    with pytest.raises(Refused, match="holds no data of its own"):
        verification.chosen(tools, "community", named.id)


def test_verifications_of_a_host_wait_for_no_restore_and_no_restore_for_them(tools):
    put(tools.store("nas"), FULL)
    assert verification.opening(tools, "community", None, new_run_id()).locks == ("verify:db1",)


def test_of_a_copy_of_a_server_every_database_is_tried_in_the_folder_of_the_run(tools):
    put(tools.store("nas"), PHYSICAL)
    opened = verification.opening(tools, "community", None, run := new_run_id())
    assert opened.run.order.server == str(verification.folder(tools, run) / "server")
    assert opened.run.order.expected == PHYSICAL.facts.counts


def test_a_backup_passes_when_all_is_as_the_manifest_says(tried, tools):
    entry, error = tried(Trial())
    assert error is None
    assert (entry.note("rows"), entry.note("relations"), entry.note("verdict")) == ("1205", "posts → users (a)", None)
    Verification(tools, entry.run.id).close()
    assert tools.ledger.entry(entry.run.id).note("verdict") == "passed"


@pytest.mark.parametrize("failure", [Corrupt("bytes differ"), Permanent("the server refuses a statement")])
def test_what_goes_wrong_with_the_backup_is_a_verdict(tried, failure):
    entry, error = tried(Trial(goes=failure))
    assert (entry.note("verdict"), error) == ("failed", failure)


@pytest.mark.parametrize("failure", [Transient("store nas is away"), Refused("another flavour"), RunFailed("cancelled")])
def test_what_goes_wrong_elsewhere_is_none(tried, failure):
    entry, error = tried(Trial(goes=failure))
    assert (entry.note("verdict"), error) == (None, failure)


def test_a_place_that_is_to_blame_is_named_instead_of_the_backup(tried):
    entry, error = tried(Trial(goes=Permanent("lost connection"), why="the scratch server ended"))
    assert (entry.note("verdict"), error.reason) == (None, "the scratch server ended (lost connection)")


@pytest.mark.parametrize(("own", "noted", "words"), [(True, "failed", "is not what the live data are"), (None, None, "could not be asked")])
def test_a_flaw_that_the_live_data_do_not_have_speaks_against_the_backup(tried, own, noted, words):
    entry, error = tried(Trial(look_=replace(LOOK, flaws=(Flaw("1 row points nowhere", own),))))
    assert entry.note("verdict") == noted
    assert words in error.reason


def test_a_flaw_that_the_live_data_have_too_is_told_and_the_backup_passes(tried):
    entry, error = tried(Trial(look_=replace(LOOK, flaws=(Flaw("1 row points nowhere", own=False),))))
    assert (error, entry.note("flaws")) == (None, "1 row points nowhere")


def test_a_verification_that_was_lost_is_not_started_again_and_what_it_left_is_cleared(tools, monkeypatch):
    monkeypatch.setattr(sources, "open_source", lambda *_, **__: Source(trial))
    trial, run = Trial(), new_run_id()
    put(tools.store("nas"), FULL)
    verification.opening(tools, "community", None, run).take(tools.ledger)
    tools.ledger.claim(run, "verify")
    with pytest.raises(Permanent, match="lost with its worker process"):
        Verification(tools, run).begin()
    assert trial.seen == [f"cleared {run}"]


def test_an_encrypted_backup_without_an_identity_is_no_verdict(tools):
    age = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa"
    segments = tuple(replace(segment, suffix=".zst.age") for segment in FULL.segments)
    put(tools.store("nas"), replace(FULL, recipients=(age,), segments=segments))
    verification.opening(tools, "community", None, run := new_run_id()).take(tools.ledger)
    with pytest.raises(Refused, match="has no secret age_identity"):
        Verification(tools, run).begin()


def test_clearing_a_run_that_was_no_verification_asks_nobody(tools):
    verification.clear(tools, Run(new_run_id(), "backup", "community", "db1", FULL.id))
