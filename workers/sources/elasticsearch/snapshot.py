"""One snapshot: begun, watched by its bytes until it ends, and judged by more than that it ended. Floor: tools."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any

from elasticsearch import Elasticsearch, NotFoundError

from workers.errors import Permanent
from workers.ports import Meter
from workers.sources.elasticsearch.options import ElasticsearchOptions
from workers.sources.elasticsearch.repository import LOOK, PREFIX

SAY = 1.0  # seconds between two looks at its bytes
NAMED = 5  # failures that are told by name


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot that ended well."""

    name: str
    uuid: str
    version: str
    began: datetime
    indices: tuple[str, ...]
    streams: tuple[str, ...]
    features: tuple[str, ...]


def new_name() -> str:
    """A name that sorts by time; Elasticsearch wants small letters."""
    return f"{PREFIX}{datetime.now(UTC):%Y%m%dt%H%M%Sz}-{secrets.token_hex(4)}"


def begin(client: Elasticsearch, options: ElasticsearchOptions, name: str) -> None:
    """Ask for a snapshot of everything wanted, without global state, all of it or nothing."""
    client.snapshot.create(
        repository=options.repository,
        snapshot=name,
        wait_for_completion=False,
        indices=options.indices,
        expand_wildcards=["open"],
        include_global_state=False,
        feature_states=options.feature_states or ["none"],
        partial=False,
        metadata={"by": "canvasback"},
    )


def watched(client: Elasticsearch, repository: str, name: str, meter: Meter) -> Iterator[None]:
    """Come back again and again until the snapshot is over, telling its bytes. Permanent where somebody deleted it meanwhile.

    `_status` says SUCCESS as soon as the shards are there, before the tables are written (measured), so it is asked for bytes alone.
    """
    said = monotonic()
    try:
        while client.snapshot.get(repository=repository, snapshot=name, index_names=False).body["snapshots"][0]["state"] == "IN_PROGRESS":
            if monotonic() - said > SAY:
                said = monotonic()
                _tell(client, repository, name, meter)
            yield
            sleep(LOOK)
        _tell(client, repository, name, meter)
    except NotFoundError as error:
        raise Permanent(f"snapshot {name} is gone from repository {repository}: somebody deleted it while it was taken") from error


def _tell(client: Elasticsearch, repository: str, name: str, meter: Meter) -> None:
    """Tell how many of the bytes that are new to the repository are there; `processed` is told only while some are not."""
    (told,) = client.snapshot.status(repository=repository, snapshot=name)["snapshots"]
    meter(*far(told["stats"]))


def far(stats: dict[str, Any]) -> tuple[int, int]:
    """Bytes that are there, and bytes that will be, in the words of `_status`."""
    wanted = int(stats.get("incremental", {}).get("size_in_bytes", 0))
    return int(stats.get("processed", {}).get("size_in_bytes", wanted)), wanted


def judged(client: Elasticsearch, repository: str, name: str) -> Taken:
    """The snapshot. Permanent, naming indices, shards and reasons, where any part of it is missing."""
    (told,) = client.snapshot.get(repository=repository, snapshot=name).body["snapshots"]
    failures = [f"{one.get('index')}[{one.get('shard_id')}]: {one.get('reason')}" for one in told.get("failures", [])]
    if told["state"] != "SUCCESS" or failures or told["shards"]["failed"]:
        more = f" and {len(failures) - NAMED} more" if len(failures) > NAMED else ""
        words = "; ".join(failures[:NAMED]) or told.get("reason") or "no reason given"
        raise Permanent(f"snapshot {name} is {told['state']}: {told['shards']['failed']} shards failed: {words}{more}")
    return Taken(
        name,
        told["uuid"],
        str(told["version"]),
        datetime.fromtimestamp(told["start_time_in_millis"] / 1000, UTC),
        tuple(sorted(told["indices"])),
        tuple(sorted(told.get("data_streams", []))),
        tuple(sorted(state["feature_name"] for state in told.get("feature_states", []))),
    )
