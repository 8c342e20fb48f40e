"""A folder of small files that one child alone shall read: passwords, keys. Floor: tools."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def private(texts: Mapping[str, str]) -> Iterator[Path]:
    """A folder of mode 0700 with a file of mode 0600 for each text, gone afterwards; housekeeping removes what a dead process left."""
    with tempfile.TemporaryDirectory(prefix=f"canvasback-{os.getpid()}-") as folder:
        for name, text in texts.items():
            with os.fdopen(os.open(Path(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
        yield Path(folder)
