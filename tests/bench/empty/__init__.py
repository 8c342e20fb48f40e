"""Four empty steps for each segment: what the messages cost where nothing is done with them."""

from typing import Any

from celery import Celery, chain, chord
from celery.canvas import Signature

STEPS = ("checksum", "compress", "upload", "verify")
# As large as the segment of a database's dump.
SEGMENT = {
    "number": 1,
    "name": "data",
    "role": "data",
    "plain": {"bytes": 1 << 24, "sha256": "0" * 64},
    "stored": {"bytes": 1 << 22, "sha256": "0" * 64},
    "objects": ["community.comments"],
    "load_charset": "utf8mb4",
    "suffix": ".zst.age",
    "copies": ["nas", "s3"],
}


def register(app: Celery, **options: Any) -> None:
    """Teach an application the empty steps; `options` are those of all but the last one."""
    for name in STEPS[:-1]:
        app.task(pass_on, name=f"empty.{name}", **options)
    app.task(pass_on, name=f"empty.{STEPS[-1]}")
    app.task(count, name="empty.seal")


def pass_on(segment: Any, _run: str) -> Any:
    """What every empty step does."""
    return segment


def count(parts: list[Any]) -> int:
    """How many segments came to the end."""
    return len(parts)


def canvas(app: Celery, segments: int, queue: str) -> Signature:
    """A chord of so many ways of a segment, and the count at its end."""
    ways = [chain(_step(app, STEPS[0], queue, SEGMENT), *(_step(app, name, queue) for name in STEPS[1:])) for _ in range(segments)]
    return chord(ways, app.signature("empty.seal", queue=queue))


def _step(app: Celery, name: str, queue: str, *first: Any) -> Signature:
    return app.signature(f"empty.{name}", (*first, "0" * 32), queue=queue)
