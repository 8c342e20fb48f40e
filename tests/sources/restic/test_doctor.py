"""What doctor() says about a folder that restic keeps, and which programs it takes."""

from dataclasses import replace

import pytest

from tests.sources.engine.hands import take
from workers.errors import Refused
from workers.sources.engine.program import unfit, version
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.program import RESTIC


def wrong(ground):
    return [f"{found.what}: {found.found} {found.remedy}" for found in ground.source.check() if not found.ok]


def words(ground):
    return {found.what: found.found for found in ground.source.check()}


def test_everything_is_well_before_and_after_the_first_backup(made):
    fresh = replace(made, addresses=(replace(made.addresses[0], place=str(made.root / "new/restic")), made.addresses[1]))
    assert wrong(fresh) == []
    assert words(fresh)["repository in nas"].endswith("is not there yet; the first backup makes it")
    assert not (made.root / "new").exists()
    take(made)
    assert wrong(made) == []
    assert words(made)["repository in nas"].endswith("opens")
    assert "free" in words(made)["room in nas"]


def test_a_wrong_password_a_missing_folder_and_a_store_that_is_away_are_each_named(made):
    away = replace(made.addresses[1], fault="store disk: is it mounted?")
    broken = replace(made.with_(path=made.root / "nowhere"), word="wrong", addresses=(made.addresses[0], away))
    folder, nas, disk = wrong(broken)
    assert "folder: " in folder
    assert "mount its disk" in folder
    assert "does not open with the secret" in nas
    assert "is it mounted" in disk


def test_a_program_that_is_missing_is_named_with_what_to_do(ground):
    empty = ground.root / "no tools"
    empty.mkdir()
    (said,) = wrong(ground.with_(tools=empty))
    assert f"no restic in {empty}: install it on this host, or name its folder in `tools`" in said
    with pytest.raises(Refused, match="no restic in"):
        take(ground.with_(tools=empty))


@pytest.mark.parametrize(
    ("said", "fits"), [("0.17.0", True), ("0.19.1", True), ("1.0.0", True), ("0.16.5", False), ("0.14.0", False), ("", False)]
)
def test_a_program_that_cannot_tell_its_failures_apart_is_too_old(said, fits):
    assert (unfit(RESTIC, said) == "") == fits
    assert fits or "install 0.17 or later," in unfit(RESTIC, said)


def test_the_version_is_what_the_program_says(tools):
    assert tuple(map(int, version(RESTIC, tools / "restic").split("."))) >= (0, 17, 0)


def test_a_folder_without_a_name_is_no_target():
    with pytest.raises(ValueError, match="name a folder below /"):
        ResticOptions(path="/")
