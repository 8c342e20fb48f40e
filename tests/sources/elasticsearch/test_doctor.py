"""The doctor names what is missing, and what would mend it."""

from pydantic import SecretStr

from compose.local.elasticsearch import ADMIN
from tests.sources.elasticsearch.hands import Site
from workers.sources.elasticsearch import doctor
from workers.sources.elasticsearch.session import Server
from workers.sources.elasticsearch.source import ElasticsearchSource


def bad(at: Site, **changes):
    return {finding.what: f"{finding.found} {finding.remedy}" for finding in at.source(**changes).check() if not finding.ok}


def test_all_is_well_with_the_rights_of_the_guide(at: Site):
    at.fill("posts", 3)
    found = at.source().check()
    assert [finding for finding in found if not finding.ok] == []
    assert [finding.what for finding in found] == ["login", "server", "rights", "indices", "path.repo", "folder", "repository", "disks"]


def test_a_wrong_password_ends_the_examination(at: Site):
    (found,) = ElasticsearchSource(at.options, SecretStr("wrong")).check()
    assert (found.ok, found.what) == (False, "login")


def test_a_folder_outside_of_path_repo_is_told_with_what_would_mend_it(at: Site, tmp_path):
    at.fill("posts", 3)
    found = bad(at, folder=tmp_path)
    assert found.keys() == {"path.repo"}
    assert "is not in it" in found["path.repo"]
    assert "elasticsearch.yml" in found["path.repo"]


def test_a_folder_that_is_not_there_and_a_repository_of_somebody_else_are_told(at: Site):
    at.fill("posts", 3)
    known = {"type": "fs", "settings": {"location": str(at.server.repo / f"{at.word}-elsewhere")}}
    at.client.snapshot.create_repository(name=at.word, repository=known)
    assert bad(at, folder=at.folder / "gone").keys() == {"folder", "repository"}


def test_nothing_to_back_up_is_told(at: Site):
    assert bad(at).keys() == {"indices"}


def test_rights_that_are_missing_are_named(at: Site, monkeypatch):
    at.fill("posts", 3)
    monkeypatch.setattr(doctor, "CLUSTER_RIGHTS", ("monitor", "manage_security"))
    assert "missing: manage_security" in bad(at)["rights"]
    assert bad(at, user=ADMIN) == {}


def test_a_password_over_an_open_wire_is_told(at: Site):
    class Nobody:
        uuid, version, release = "u", "8.19.0", (8, 19, 0)

    server = Server(at.options.model_copy(update={"url": "http://search1:9200"}), at.secret)
    found = [finding for finding in doctor._login(server, None, Nobody) if not finding.ok]
    assert [finding.what for finding in found] == ["wire"]
