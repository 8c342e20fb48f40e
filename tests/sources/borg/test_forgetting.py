"""What BorgBackup removes, and what a kill in the middle leaves."""

import sys
from contextlib import contextmanager

import pytest

from tests.sources.engine.forgetting import Forgetting, size, snapshot
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

    @contextmanager
    def stranger(self, made):
        """A lock as a BorgBackup of another machine writes it."""
        lock = made.repository / "lock.exclusive" / "other@1.77-0"
        lock.parent.mkdir()
        lock.touch()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("workers.sources.borg.repository.PATIENCE", 1)
            yield "process 77 of other"
        lock.unlink()  # it is still there
        lock.parent.rmdir()

    def killed(self, made, old, newest):
        """When it is to compact: the program is a script that kills its worker then, and dies with it."""
        before, folder = size(made.addresses[0].place), made.root / "deadly"
        folder.mkdir()
        deadly = 'case "$*" in *compact*) kill -9 $PPID; sleep 60;; esac'
        (folder / "borg").write_text(f'#!/bin/sh\n{deadly}\nexec {made.options.tools}/borg "$@"\n')
        (folder / "borg").chmod(0o755)
        words = (made.path, folder, made.options.state, made.options.cache, made.repository, made.word, snapshot(old), snapshot(newest))
        assert command.run([sys.executable, "-c", KILLED, *map(str, words)]).returncode == -9
        assert size(made.addresses[0].place) >= before
