"""What BorgBackup prints, cut short with status 0."""

import pytest

from tests.sources.engine.hands import bring, take
from tests.sources.engine.scripts import scripted
from workers.errors import Permanent

CUT = r"^store nas: the repository /.*: an answer was cut short, or is none that is known here: "


@pytest.mark.parametrize("command", ["list --json --format", "create --json", "list --json-lines"])
def test_an_answer_that_is_cut_short_makes_no_backup_of_it(made, command):
    short = scripted(made, "borg", f'case "$*" in *" {command}"*) real "$@" | head -c 90; exit 0;; esac')
    with pytest.raises(Permanent, match=CUT):
        take(short)


def test_a_file_that_changed_while_it_was_read_is_told_as_such_and_not_as_missing(made):
    line = '{"type": "log_message", "levelname": "WARNING", "message": "uploads/log: file changed while we backed it up"}'
    changed = scripted(made, "borg", f'case "$*" in *"create --json"*) real "$@"; echo \'{line}\' >&2; exit 1;; esac')
    assert take(changed.with_(unreadable="fail")).facts.warnings == ("changed while it was read: uploads/log",)


def test_a_folder_whose_name_means_something_to_borg_is_kept_and_comes_back(made):
    odd = made.root / "-a{b} [c] ::d"
    odd.mkdir()
    (odd / "file").write_text("in it")
    taken = take(here := made.with_(path=odd))
    here.source.audit(taken.segment, "nas", None)
    bring(here, taken, taken.order(made.root / "restored"))
    assert (made.root / "restored" / "file").read_text() == "in it"
