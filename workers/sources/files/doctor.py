"""What a backup of a folder needs, looked at without changing anything. Floor: tools."""

import os
from collections.abc import Iterator

from workers.ports import Finding
from workers.sources.files.options import FilesOptions


def examine(options: FilesOptions) -> tuple[Finding, ...]:
    """The folder, who reads it, and whether owners can be given back."""
    return (_folder(options), *_rights())


def _folder(options: FilesOptions) -> Finding:
    what = f"folder {options.path}"
    try:
        names = list(options.path.iterdir())
    except FileNotFoundError:
        return Finding(False, what, "is not there", f"mount it or make it, or set path to another folder than {options.path}")
    except NotADirectoryError:
        return Finding(False, what, "is no folder", "set path to a folder")
    except OSError as error:
        return Finding(False, what, f"cannot be read: {error.strerror}", "let the worker's user read it (setfacl)")
    if not names and not options.allow_empty:
        return Finding(False, what, "is empty, as a lost mount is", "mount it, or set allow_empty = true")
    return Finding(True, what, f"holds {len(names)} names")


def _rights() -> Iterator[Finding]:
    root = os.geteuid() == 0
    what = "user of the worker"
    if root:
        yield Finding(True, what, "root: reads every file, and gives owners back")
    else:
        yield Finding(True, what, f"user {os.geteuid()}: files that it may not read are named in warnings, owners do not come back")
