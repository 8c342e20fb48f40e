"""The operator's desk: verbs for a Python shell. Everything is checked here, before anything is sent.

`python -m tasks.shell` opens IPython with these verbs; `-c 'backup("community", wait=True)'` runs one line and ends with
0 (done), 1 (the run failed) or 2 (refused).
"""

import sys
from collections.abc import Callable
from typing import Any

from tasks.desk import asking
from tasks.desk.doing import backup, cancel, verify
from tasks.desk.looking import backups, doctor, runs, targets, watch, why, window
from tasks.desk.names import compare
from tasks.desk.restoring import plan, restore
from tasks.desk.screen import console, reading, shown
from tasks.desk.search import find
from tasks.desk.undoing import undo
from workers.celery import app
from workers.errors import Refused
from workers.views import faults


def help_() -> None:
    """What can be asked."""
    for name, verb in VERBS.items():
        console.print(f"  {name + '()':12} {(verb.__doc__ or '').splitlines()[0]}", soft_wrap=True)


VERBS: dict[str, Callable[..., Any]] = {
    "doctor": doctor,
    "targets": targets,
    "backups": backups,
    "backup": backup,
    "window": window,
    "find": find,
    "compare": compare,
    "plan": plan,
    "restore": restore,
    "undo": undo,
    "verify": verify,
    "cancel": cancel,
    "watch": watch,
    "runs": runs,
    "why": why,
    "help": help_,
}


def say(error: BaseException) -> int:
    """One sentence for an error, and the exit status it means."""
    # Where the settings themselves are refused, there is no address of a broker, and no need of one.
    broker = "" if isinstance(error, Refused) else app.settings.broker.url
    console.print(faults.sentence(error, VERBS, broker), style="red", soft_wrap=True)
    return faults.status(error)


def main(arguments: list[str]) -> int:
    """Open the shell, or run one line of it with `-c`."""
    try:
        if arguments[:1] == ["-c"] and len(arguments) == 2:
            exec(compile(arguments[1], "shell", "single"), _verbs())  # noqa: S102  # the operator's own line
            return 0
        if arguments:
            print("usage: python -m tasks.shell [-c 'LINE']", file=sys.stderr)
            return 2
        with reading():
            banner = asking.banner(app.tools)
        _open(banner)
    except faults.TOLD as error:
        return say(error)
    return 0


def _verbs() -> dict[str, Callable[..., Any]]:
    return {name: shown(verb) for name, verb in VERBS.items()}


def _open(banner: str) -> None:
    # Only the interactive shell needs IPython; `-c` works without the extra it comes with.
    from IPython.terminal.embed import InteractiveShellEmbed

    def told(_shell: object, _type: object, error: Exception, _trace: object, tb_offset: object = None) -> None:
        say(error)

    shell: Any = InteractiveShellEmbed(banner1=banner + "\n", user_ns=_verbs())  # type: ignore[no-untyped-call]
    shell.set_custom_exc(faults.TOLD, told)
    shell()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
