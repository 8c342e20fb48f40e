"""Owners by name, and by number where this host does not know the name."""

import pwd
from types import SimpleNamespace

from tests.sources.files.hands import picture
from workers.artifact import Role
from workers.sources.files import owners

NOBODY_HAS = 4_000_000_000


def test_the_name_of_root_leads_to_its_number_and_back() -> None:
    assert (owners.user(0), owners.group(0)) == ("root", "root")
    assert (owners.uid("root", 7), owners.gid("root", 7)) == (0, 0)


def test_a_number_that_nobody_has_has_no_name() -> None:
    assert (owners.user(NOBODY_HAS), owners.group(NOBODY_HAS)) == ("", "")


def test_where_the_name_is_unknown_or_was_never_told_the_recorded_number_is_taken() -> None:
    assert (owners.uid("nobody-of-this-host", 1234), owners.gid("nobody-of-this-host", 1234)) == (1234, 1234)
    assert (owners.uid("", 1234), owners.gid("", 1234)) == (1234, 1234)


def test_a_user_who_was_made_since_is_known_to_the_next_restore_of_the_same_worker(hands, tmp_path, monkeypatch):
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_name="kim"))
    backup = hands.full()
    assert hands.restore(backup, tmp_path / "before").warnings == ()
    monkeypatch.setattr(pwd, "getpwnam", lambda name: SimpleNamespace(pw_uid={"kim": 1005}[name]))
    assert hands.restore(backup, tmp_path / "after").warnings == ()
    assert [{about[1] for about in picture(tmp_path / name).values()} for name in ("before", "after")] == [{0}, {1005}]


def test_an_owner_with_another_number_on_this_host_is_no_difference(hands, monkeypatch):
    backup = hands.full()
    monkeypatch.setattr(pwd, "getpwnam", lambda name: SimpleNamespace(pw_uid=1005))
    owners.forget()
    found = {one.words for one in hands.source.compare(backup.of(Role.INDEX))}
    assert found == {"belongs to 0:0, not 1005:0"}
