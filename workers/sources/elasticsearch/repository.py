"""The snapshot repository of a target: registered, quiet while it is read, rid of old snapshots through the API. Floor: tools."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import structlog
from elasticsearch import Elasticsearch, NotFoundError

from workers.errors import Failure, Permanent
from workers.sources.elasticsearch.options import SNAPSHOTS, ElasticsearchOptions
from workers.sources.elasticsearch.session import Server

LOOK = 0.2  # seconds
LOCK = ".canvasback-lock"
PREFIX = "canvasback-"  # of our snapshots
READING = "canvasback-restore-"  # of repositories that a restore registers for its own time
UNSAID = {"base_path": "", "client": "default"}  # what Elasticsearch takes where a registration does not say it

log = structlog.get_logger("canvasback.elasticsearch")


class Turn:
    """One dump at a time reads a repository: a snapshot of another one would replace tables that are not read yet.

    A lock on a file, so that it ends with its process.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is locked."""
        self._path, self._file = folder / LOCK, -1

    def wait(self) -> Iterator[None]:
        """Come back again and again until it is ours. Permanent where this host may not write to the folder."""
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Permanent(f"cannot write {self._path}: {error.strerror}; the worker's user needs to write to `folder`") from error
        while not self._taken():
            yield
            sleep(LOOK)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let the next one begin."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def where(options: ElasticsearchOptions) -> dict[str, str]:
    """The settings that tell this target's repository from every other one."""
    if options.bucket:
        return {"bucket": options.bucket, "base_path": options.base_path, "client": options.client}
    return {"location": str(options.home / SNAPSHOTS)}


def ready(client: Elasticsearch, options: ElasticsearchOptions) -> None:
    """Register the repository, where it is not.

    Permanent where its name stands for another one, or for one that may not be written, or where another name may write to its place.
    """
    if other := rival(client, options):
        raise Permanent(
            f"repository {other} of {options.address} is registered in the same place as this target's {options.repository}, and each"
            " would overwrite the other's tables: give every target a `folder` of its own, or unregister the one that is not used"
        )
    known = registered(client, options.repository)
    if known is None:
        wanted = where(options) | ({"storage_class": options.storage_class} if options.storage_class else {})
        client.snapshot.create_repository(name=options.repository, repository={"type": options.kind, "settings": wanted})
        return
    if not ours(known, options):
        settings = known.get("settings", {})
        found = "/".join(str(settings[key]) for key in ("location", "bucket", "base_path") if settings.get(key)) or "elsewhere"
        raise Permanent(
            f"repository {options.repository} of {options.address} is another one ({known.get('type')}, {found}):"
            " give this target's `repository` a name of its own"
        )
    if not writable(known):
        raise Permanent(
            f"repository {options.repository} of {options.address} is registered as read-only: another cluster may be its writer"
        )


def ours(known: Mapping[str, Any], options: ElasticsearchOptions) -> bool:
    """Whether a registered repository is the one that the options mean."""
    settings = UNSAID | known.get("settings", {})
    return known.get("type") == options.kind and all(settings.get(key) == value for key, value in where(options).items())


def writable(known: Mapping[str, Any]) -> bool:
    """Whether a repository was not registered to be read alone."""
    return str(known.get("settings", {}).get("readonly", "false")).lower() != "true"


def rival(client: Elasticsearch, options: ElasticsearchOptions) -> str:
    """Another repository that may write to this target's place, for a cluster tells them apart by name alone; "" where there is none."""
    known = client.snapshot.get_repository().body.items()
    return next((name for name, told in known if name != options.repository and ours(told, options) and writable(told)), "")


def registered(client: Elasticsearch, name: str) -> dict[str, Any] | None:
    """What a repository is registered as; None where there is none of that name."""
    try:
        found: dict[str, Any] = client.snapshot.get_repository(name=name)[name]
    except NotFoundError:
        return None
    return found


def idle(client: Elasticsearch, name: str) -> Iterator[None]:
    """Come back again and again until nobody's snapshot runs in the repository."""
    told = False
    while running := client.snapshot.status(repository=name)["snapshots"]:
        if not told:
            log.info("waiting for a snapshot that runs already", snapshot=running[0]["snapshot"], state=running[0]["state"])
            told = True
        yield
        sleep(LOOK)


def prune(client: Elasticsearch, name: str, keep: timedelta) -> None:
    """Delete our snapshots that are older than that, and those that failed; never the newest good one."""
    found = client.snapshot.get(repository=name, snapshot=f"{PREFIX}*", ignore_unavailable=True, index_names=False).body["snapshots"]
    good = sorted(
        (snapshot for snapshot in found if snapshot["state"] == "SUCCESS"), key=lambda snapshot: int(snapshot["start_time_in_millis"])
    )
    oldest = (datetime.now(UTC) - keep).timestamp() * 1000
    old = [snapshot for snapshot in good[:-1] if int(snapshot["start_time_in_millis"]) < oldest]
    gone = [snapshot["snapshot"] for snapshot in (*old, *(one for one in found if one["state"] in ("FAILED", "PARTIAL", "INCOMPATIBLE")))]
    for snapshot in gone:
        client.options(request_timeout=3600).snapshot.delete(repository=name, snapshot=snapshot)
    if gone:
        log.info("deleted old snapshots", count=len(gone))


@contextmanager
def reading(server: Server, name: str, place: Mapping[str, str]) -> Iterator[None]:
    """A rebuilt repository, or one in a bucket, registered so that nobody can write to it; unregistered with the block."""
    kind = "s3" if "bucket" in place else "fs"
    with server.session("registering a repository for reading") as client:
        client.snapshot.create_repository(name=name, repository={"type": kind, "settings": {**place, "readonly": True}})
    try:
        yield
    finally:
        with suppress(Failure), server.session("unregistering a repository for reading") as client:  # the first reason is told
            client.options(ignore_status=404).snapshot.delete_repository(name=name)


def forget(client: Elasticsearch, options: ElasticsearchOptions) -> None:
    """Unregister what lost restores of this target left: read-only repositories in its folder, or of its bucket."""
    for name, known in client.snapshot.get_repository().body.items():
        folder = Path(known.get("settings", {}).get("location", "")).is_relative_to(options.home)
        if name.startswith(READING) and (folder or (options.bucket and ours(known, options))):
            client.options(ignore_status=404).snapshot.delete_repository(name=name)
