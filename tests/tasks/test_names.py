"""Verbs about names in backups, as far as no worker is needed."""

import pytest
from pydantic import ValidationError

from tasks.desk import asking, names
from tasks.desk.search import find
from tests.catalog.samples import FULL, put
from workers.artifact import Order, encode
from workers.bench.planning import Forecast, RestorePlan
from workers.errors import Refused
from workers.ports import Difference, Found, Place

FOUND = Found("a/report.pdf", 7, FULL.facts.snapshot)


@pytest.fixture
def desk(orders, monkeypatch):
    """A target of source files that has one backup; `answers` are what its host says, and what it was asked."""
    row = orders.settings.targets["community"].model_copy(update={"source": "files"})
    settings = orders.settings.model_copy(update={"targets": {"community": row}})
    monkeypatch.setitem(orders.app.__dict__, "settings", settings)
    monkeypatch.setattr(orders.app.tools, "settings", settings)
    put(orders.app.tools.store("nas"), FULL)
    orders.answers, orders.asked = [], []

    def question(task, arguments, queue, patience):
        orders.asked.append((task, arguments, queue))
        if isinstance(orders.answers, Refused):
            raise orders.answers
        return orders.answers

    monkeypatch.setattr(asking, "question", question)
    return orders


def test_a_name_is_looked_for_in_every_backup_on_the_host_of_its_target(desk, capsys):
    desk.answers = [encode(FOUND)]
    find("report*.pdf")
    out = capsys.readouterr().out
    assert desk.asked == [("host.names", ("community", FULL.id, "report*.pdf"), "db1.restore")]
    assert f'restore("community", backup="{FULL.id}", files=["a/report.pdf"], into=' in out


def test_what_is_in_no_backup_is_said_and_a_backup_that_cannot_be_read_is_named(desk, capsys):
    find("report*.pdf")
    assert "is in no backup that could be read" in capsys.readouterr().out
    desk.answers = Refused("no identity")
    find("report*.pdf")
    assert f"{FULL.id}: no identity" in capsys.readouterr().out


def test_more_names_than_are_shown_are_told(desk, capsys):
    desk.answers = [encode(FOUND)] * 1001
    find("*")
    assert f"{FULL.id} holds more than 1000 such names" in capsys.readouterr().out


def test_differences_are_counted(desk, capsys):
    desk.answers = [encode(Difference("a", "is not there"))]
    names.compare("community")
    assert f"1 difference between {FULL.id} and community" in capsys.readouterr().out
    desk.answers = []
    names.compare("community", thorough=True)
    assert "no differences between" in capsys.readouterr().out
    assert desk.asked[-1][1] == ("community", FULL.id, True)


def test_a_target_whose_backups_have_no_index_is_refused_with_those_that_have(orders):
    with pytest.raises(Refused, match=r"community is a target of source mysql, whose backups have no index of names; .* one: files"):
        names.compare("community")
    with pytest.raises(Refused, match="no target has backups with an index"):
        find("x")


def test_what_is_no_text_is_refused(desk):
    with pytest.raises(ValidationError):
        find(5)


def test_without_a_pattern_it_shows_what_could_be_asked(desk, capsys):
    find()
    names.compare()
    out = capsys.readouterr().out
    assert 'find("report*.pdf", "community")' in out
    assert 'compare("community")' in out


def planned():
    order = Order(FULL.id, FULL.facts.place, "elsewhere", FULL.facts)
    forecast = Forecast(FULL.ended - FULL.started)
    return RestorePlan("community", "db1", FULL, ("nas",), order, Place("elsewhere", exists=False, empty=True), forecast, None)


@pytest.mark.parametrize("source", ["files", "restic", "borg"])
def test_an_empty_list_of_files_is_refused_before_anything_is_asked(desk, source):
    desk.app.tools.settings.targets["community"] = desk.app.tools.target("community").model_copy(update={"source": source})
    with pytest.raises(Refused, match=r"^files=\[\] names no file; leave it out to restore all of them$"):
        names.chosen(planned(), [])
    assert desk.asked == []


@pytest.mark.parametrize(("source", "asked"), [("files", []), ("restic", ["host.chosen"]), ("borg", ["host.chosen"])])
def test_whether_the_snapshot_is_there_is_asked_while_a_restore_is_planned(desk, source, asked):
    desk.app.tools.settings.targets["community"] = desk.app.tools.target("community").model_copy(update={"source": source})
    desk.answers = encode(planned().order)
    assert names.chosen(planned(), None) == planned()
    assert [task for task, *_ in desk.asked] == asked
