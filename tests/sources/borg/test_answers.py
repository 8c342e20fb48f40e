"""What BorgBackup prints, cut short with status 0."""

import pytest

from tests.sources.engine.hands import take
from tests.sources.engine.scripts import scripted
from workers.errors import Permanent

CUT = r"^store nas: the repository /.*: an answer was cut short, or is none that is known here: "


@pytest.mark.parametrize("command", ["list --json --format", "create --json", "list --json-lines"])
def test_an_answer_that_is_cut_short_makes_no_backup_of_it(made, command):
    short = scripted(made, "borg", f'case "$*" in *" {command}"*) real "$@" | head -c 90; exit 0;; esac')
    with pytest.raises(Permanent, match=CUT):
        take(short)
