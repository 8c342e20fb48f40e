"""A program of an engine that is a script: it does something else for some commands, and is the real program for all others."""

from typing import Any


def scripted(ground: Any, name: str, body: str) -> Any:
    """The same ground with that program. In `body`, `real` is the real one, `$here` the folder of the script, and `$*` has all words."""
    folder = ground.root / f"scripted-{len(list(ground.root.glob('scripted-*')))}"
    folder.mkdir()
    program = ground.options.tools / name
    head = f'#!/bin/bash\nreal() {{ "{program}" "$@"; }}\nhere="{folder}"'
    (folder / name).write_text(f'{head}\n{body}\nexec "{program}" "$@"\n')
    (folder / name).chmod(0o755)
    return ground.with_(tools=folder)
