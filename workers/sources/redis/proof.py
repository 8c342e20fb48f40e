"""What a server that loaded an RDB is compared with: the counts of the backup. Floor: tools."""

from workers.artifact import Count
from workers.errors import Permanent
from workers.sources.redis.state import Keyspace, State


def proven(what: str, wanted: tuple[Count, ...], state: State) -> tuple[str, ...]:
    """What is to be said about a backup that a server of our own loaded. Permanent where keys are missing that do not expire.

    Redis drops keys at loading whose time is over; from version 7 on it says how many, and then nothing else may be missing.
    """
    exact = {count.name: count.rows for count in wanted if count.exact}
    there = {count.name: count.rows for space in state.keyspace for count in space.counts}
    if wrong := [f"{name}: {there.get(name, 0)} keys, expected {rows}" for name, rows in exact.items() if there.get(name, 0) != rows]:
        raise Permanent(f"{what} does not load as it was dumped: {'; '.join(wrong)}")
    total = sum(count.rows for count in wanted)
    if exact and state.expired >= 0 and state.loaded + state.expired != total:
        raise Permanent(f"{what} has {total} keys, {state.loaded} were loaded and {state.expired} had expired")
    return (f"{state.expired} keys had expired since the backup and were left out",) if state.expired > 0 else ()


def counts(wanted: tuple[Count, ...], keys: tuple[Keyspace, ...]) -> tuple[Count, ...]:
    """What is there now; what the backup has and the server has not counts 0."""
    there = {count.name: count for space in keys for count in space.counts}
    return (*there.values(), *(Count(count.name, 0, count.exact) for count in wanted if count.name not in there))
