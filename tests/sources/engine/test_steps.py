"""A folder kept by restic or BorgBackup through the steps themselves, and what its host answers about the names in a backup."""

import pytest
from redis import Redis as Client

from compose.local import borg, restic
from tests.sources.files.ground import SETTINGS, back_up, bring_back, give_identity
from tests.sources.restic.cheap import cheapen
from workers.artifact import Order
from workers.bench import looking, presence
from workers.bench.tools import Tools
from workers.catalog import index
from workers.errors import Refused
from workers.plans import Retention
from workers.settings import load
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

TOOLS = {"restic": restic.tools, "borg": borg.tools}


@pytest.fixture(params=["restic", "borg"])
def tools(request, redis, tmp_path):
    """A platform whose folder an engine keeps."""
    engine = request.param
    Client.from_url(redis.url).flushdb()
    text = SETTINGS.format(folder=tmp_path, broker=redis.url, recipients="[]").replace('"files"\nhost', f'"{engine}"\nhost')
    own = f'tools = "{TOOLS[engine]()}"\nstate = "{tmp_path}/state"\ncache = "{tmp_path}/cache"\n'
    (tmp_path / "canvasback.toml").write_text(text.replace("[targets.uploads.files]", f"[targets.uploads.{engine}]") + own)
    (tmp_path / "secrets").mkdir(mode=0o700)
    give_identity(tmp_path)
    word = tmp_path / "secrets" / f"targets_uploads_{engine}_password"
    word.touch(mode=0o600)
    word.write_text("a word that nobody knows")
    LocalStore("nas", LocalOptions(path=tmp_path / "nas")).initialise()
    (tmp_path / "uploads" / "a").mkdir(parents=True)
    (tmp_path / "uploads" / "a" / "report 1.pdf").write_text("a report")
    (tmp_path / "uploads" / "kept").write_text("kept")
    return Tools(load(tmp_path / "canvasback.toml"))


def test_a_host_finds_compares_and_brings_back_single_names_of_a_backup(tools, tmp_path):
    made, root, repository = back_up(tools), tmp_path / "uploads", tmp_path / "nas/repositories/uploads/restic"
    if repository.exists():
        cheapen(repository, "a word that nobody knows")
    assert [found.path for found in looking.names(tools, "uploads", made.id, "report*.pdf")] == ["a/report 1.pdf"]
    assert looking.differences(tools, "uploads", made.id, thorough=False) == []
    (root / "a" / "report 1.pdf").unlink()
    found = {(each.path, each.words) for each in looking.differences(tools, "uploads", made.id, thorough=False)}
    assert ("a/report 1.pdf", "is not there") in found
    order = Order(made.id, made.facts.place, str(tmp_path / "out"), made.facts, objects=("report*.pdf",))
    assert looking.chosen(tools, "uploads", order) == order
    with pytest.raises(Refused, match="nothing of that name"):
        looking.chosen(tools, "uploads", Order(made.id, made.facts.place, str(tmp_path / "out"), made.facts, objects=("*.docx",)))
    assert bring_back(tools, made.id, tmp_path / "out", objects=("report*.pdf",)).state == "done"
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["report 1.pdf"]
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".canvasback")] == []


@pytest.mark.parametrize("tools", ["restic"], indirect=True)
def test_retention_removes_manifest_snapshot_and_record_and_what_somebody_else_removed_is_refused(tools, tmp_path, monkeypatch):
    plan = tools.plan("uploads").model_copy(update={"retention": Retention(yearly=1)})
    monkeypatch.setattr(type(tools), "plan", lambda self, target: plan)
    first = back_up(tools)
    cheapen(tmp_path / "nas/repositories/uploads/restic", "a word that nobody knows")
    second, third = back_up(tools), back_up(tools)  # the second was the newest when the third began
    assert [entry.manifest.id for entry in index.backups(tools.stores_of("uploads"), "uploads").entries] == [third.id, second.id]
    assert dict(third.facts.extras)["expired"] == first.id
    assert list(tools.store("nas").list(f"uploads/{first.id}")) == []
    kept = tools.source("uploads").held("nas")
    assert kept == {dict(made.facts.extras)["snapshot"] for made in (second, third)}
    orders = [Order(made.id, made.facts.place, str(tmp_path / "other"), made.facts) for made in (second, third)]
    tools.source("uploads").homes.first.remove([dict(third.facts.extras)["snapshot"]])  # as a person may
    assert looking.chosen(tools, "uploads", orders[0]) == orders[0]
    with pytest.raises(Refused, match=f"{third.id} cannot be restored: no repository holds its snapshot any more"):
        looking.chosen(tools, "uploads", orders[1])
    (found,) = presence.findings(tools, "uploads")
    assert third.id in found.found
    fourth = back_up(tools)
    assert fourth.facts.warnings == (f"no repository holds the snapshots of these any more, so they cannot be restored: {third.id}",)
    listing = tools.backups("uploads")
    assert [entry.manifest.id for entry in (*listing.entries, *listing.gone)] == [fourth.id, second.id, third.id]
