"""What restic prints and what comes of it: cut short with status 0, killed in the middle, changed by somebody else meanwhile."""

import pytest

from tests.sources.engine.hands import bring, take
from tests.sources.engine.scripts import scripted
from workers.errors import Permanent

CUT = r"^store nas: the repository /.*: an answer was cut short, or is none that is known here: "
GONE = "f" * 64


def test_a_list_of_snapshots_that_is_cut_short_is_no_answer(made):
    taken = take(made)
    short = scripted(made, "restic", 'case "$*" in *" snapshots"*) real "$@" | head -c 60; exit 0;; esac')
    for ask in (lambda: take(short), lambda: short.source.held("nas"), lambda: short.source.prove(taken.plain)):
        with pytest.raises(Permanent, match=CUT):
            ask()


def test_a_listing_that_is_cut_short_restores_no_half_of_what_was_asked_for(made):
    taken = take(made)
    short = scripted(made, "restic", 'case "$*" in *" ls "*) real "$@" | head -c 700; exit 0;; esac')
    with pytest.raises(Permanent, match=CUT):
        bring(short, taken, taken.order(made.root / "restored", objects=("avatars/",)))
    assert not (made.root / "restored").exists()


def test_one_that_is_killed_in_the_middle_of_a_line_is_told_as_killed(made):
    taken = take(made)
    killed = scripted(made, "restic", """case "$*" in *" ls "*) echo -n '{"name":"avat'; kill -9 $$;; esac""")
    with pytest.raises(Permanent, match=r"^store nas: .*restic .*was killed \(signal 9\)"):
        list(killed.source.find("*.png", [(taken.segment, taken.plain)]))


def test_a_summary_that_is_cut_short_makes_no_backup_of_it(made):
    short = scripted(made, "restic", """case "$*" in *" backup "*) real "$@" | sed 's/"total_files_processed".*//'; exit 0;; esac""")
    with pytest.raises(Permanent, match="ended well and named no snapshot"):
        take(short)


def test_a_lock_that_goes_while_it_is_looked_at_holds_nothing_and_one_that_cannot_be_read_is_told(made):
    once = scripted(made, "restic", f"""case "$*" in *" list locks"*) mkdir $here/once && echo '"{GONE}"';; esac""")
    assert once.homes.first.locks() == ()
    (made.repository() / "locks" / GONE).touch()
    with pytest.raises(Permanent, match=r"^store nas: .* failed: "):
        made.homes.first.locks()
