"""What BorgBackup removes, and what a kill in the middle leaves."""

import sys

from tests.sources.engine.forgetting import BIG, Forgetting, held, size, snapshot, two
from workers import command

KILLED = """
import sys
from pydantic import SecretStr
from workers.ports import Address
from workers.sources.borg.options import BorgOptions
from workers.sources.borg.source import BorgSource
path, tools, state, cache, place, word, gone, newest = sys.argv[1:]
options = BorgOptions(path=path, tools=tools, state=state, cache=cache)
BorgSource(options, SecretStr(word), addresses=(Address("nas", "local", place),)).forget(frozenset({gone}), newest)
"""


class TestForgetting(Forgetting):
    """Against the real program."""


def test_after_a_kill_before_it_compacts_the_next_try_frees_the_room(made):
    """The program is a script that kills its worker when it is to compact, and dies with it."""
    old, newest = two(made)
    before, folder = size(made.addresses[0].place), made.root / "deadly"
    folder.mkdir()
    deadly = 'case "$*" in *compact*) kill -9 $PPID; sleep 60;; esac'
    (folder / "borg").write_text(f'#!/bin/sh\n{deadly}\nexec {made.options.tools}/borg "$@"\n')
    (folder / "borg").chmod(0o755)
    words = (made.path, folder, made.options.state, made.options.cache, made.repository, made.word, snapshot(old), snapshot(newest))
    assert command.run([sys.executable, "-c", KILLED, *map(str, words)]).returncode == -9
    assert held(made) == {snapshot(newest)}
    made.source.forget(frozenset({snapshot(old)}), snapshot(newest))
    assert before - size(made.addresses[0].place) > BIG * 0.9
