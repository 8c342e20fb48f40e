"""The way back: the repository is rebuilt from segments, proven file by file, registered read-only, and the cluster restores from it.

Floor: tools. Success is that every shard is there and every document counted; an answer of 200 says neither.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from workers.artifact import Count, Order, Outcome, Segment
from workers.errors import Failure, Permanent, Refused
from workers.ports import Meter
from workers.sources.elasticsearch import bucket, home, packs, repository
from workers.sources.elasticsearch.contents import LATEST, contents, proven
from workers.sources.elasticsearch.dump import LIVE, TABLES
from workers.sources.elasticsearch.options import SNAPSHOTS
from workers.sources.elasticsearch.place import aliases, chosen, fits, free, names_used, renamed, requested, streams
from workers.sources.elasticsearch.session import Server
from workers.sources.elasticsearch.state import batches, indices

LOOK = 0.2  # seconds
SAY = 1.0  # seconds between two looks at its bytes
REST = 9  # times as long as a look takes nobody looks: with 1,000 shards a look is work for the cluster, too
STUBBORN = 3  # looks in a row that a shard is refused a place before that is believed
NAMED = 5  # shards that are told by name


def prepare(server: Server, order: Order) -> None:
    """Prove that the place fits, forget what lost restores left, and make a folder for the repository."""
    fits(server, order)
    with server.session("preparing a restore") as client:
        repository.forget(client, server.options)
    home.make(server.options, order)


def finish(server: Server, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
    """Prove the rebuilt repository, let the cluster restore from it, count. May be called again; what fails for good leaves nothing."""
    folder = home.home(server.options, order)
    if (before := home.done(folder)) is not None:
        return before  # the process was lost before it could say so
    try:
        if inside := _inside(server, order):
            home.prepared(folder)
            with repository.reading(server, _name(order), inside):
                with server.session("looking for the snapshot") as client:
                    bucket.found(client, _name(order), order)
                outcome = _restored(server, order, folder)
        else:
            _rebuild(order, folder, rest)
            with repository.reading(server, _name(order), {"location": str(server.options.home / folder.name / SNAPSHOTS)}):
                outcome = _restored(server, order, folder)
    except (Permanent, Refused):
        home.remove(folder)
        raise
    home.close(folder, outcome)
    return outcome


def _name(order: Order) -> str:
    return f"{repository.READING}{order.backup[-8:]}"


def _inside(server: Server, order: Order) -> dict[str, str]:
    """Where in a bucket the backup lies; nowhere, where the repository is rebuilt from segments. The login is that of the cluster now."""
    extras = dict(order.facts.extras)
    return {key: extras[key] for key in ("bucket", "base_path")} | {"client": server.options.client} if "bucket" in extras else {}


def _rebuild(order: Order, folder: Path, rest: Iterable[tuple[Segment, Path]]) -> None:
    """Put the last files in, prove every file that the snapshot needs, and remove every other one."""
    home.keep(folder, ((segment, path) for segment, path in rest if segment.name == TABLES))
    root = folder / SNAPSHOTS
    found = contents(root, dict(order.facts.extras)["snapshot"], frozenset(chosen(order)))
    packs.tidy(root, found.files)
    bare = {f"index-{found.generation}", LATEST}
    proven(root, (*(blob.files for blob in found.blobs), *((table,) for table in found.tables if table not in bare)))


def _restored(server: Server, order: Order, folder: Path) -> Outcome:
    targets = [renamed(order, name) for name in chosen(order)]
    try:
        with server.session("restoring") as client:
            if not home.asked(folder):
                _ask(server, client, order, folder)
            _watch(client, targets, server.meter)
            there = indices(client, targets)
    except Failure as error:
        raise type(error)(f"{error.reason}{_undone(server, order, folder, targets)}") from error
    counts = tuple(Count(name, there[target].documents) for name, target in zip(chosen(order), targets, strict=True) if target in there)
    return Outcome(counts, tuple(_left(order)))


def _ask(server: Server, client: Elasticsearch, order: Order, folder: Path) -> None:
    """Close what stands in the way, just that, and ask for the restore; what was closed is opened again where the cluster will not."""
    names = names_used(client)
    free(server.options, order, names)  # a stream that was made meanwhile would be replaced without a word
    used = names.indices
    standing = [target for name in chosen(order) if (target := renamed(order, name)) in used]
    if standing and not order.confirm:
        raise Refused(f"{', '.join(standing[:NAMED])} was made while the restore was prepared; nothing was touched")
    closed = [target for target in standing if used[target]]
    for batch in batches(closed):
        client.indices.close(index=batch)
    home.ask(folder)  # from here on nobody knows, until the cluster says no
    try:
        snapshot = dict(order.facts.extras)["snapshot"]
        client.snapshot.restore(repository=_name(order), snapshot=snapshot, wait_for_completion=False, body=_wish(server, order))
    except ApiError:
        home.unask(folder)
        for batch in batches(closed):
            client.indices.open(index=batch)
        raise


def _wish(server: Server, order: Order) -> dict[str, Any]:
    options = server.options
    rename = {} if order.into == LIVE else {"rename_pattern": "(.+)", "rename_replacement": f"{order.into}-$1"}
    return {
        "indices": list(requested(order)),
        "include_global_state": False,
        "include_aliases": aliases(options, order),
        "feature_states": ["none"],
        "ignore_index_settings": options.ignore_settings,
        **rename,
    }


def _watch(client: Elasticsearch, targets: list[str], meter: Meter) -> None:
    """Wait until each primary is there, telling bytes. Permanent, with the cluster's reasons, where one cannot be."""
    said, refused = monotonic(), 0
    while True:
        began = monotonic()
        shards = list(_primaries(client, targets))
        if all(state == "STARTED" for _, state, _ in shards):
            meter(*_bytes(client, targets))
            return
        stuck = [(name, told) for name, state, told in shards if state == "UNASSIGNED" and told.get("allocation_status") == "deciders_no"]
        refused = refused + 1 if stuck and not any(state == "INITIALIZING" for _, state, _ in shards) else 0
        if refused == STUBBORN:
            words = "; ".join(_reason(client, name) for name, _ in stuck[:NAMED])
            raise Permanent(f"{len(stuck)} of {len(shards)} shards were not restored: {words}")
        if monotonic() - said > SAY:
            meter(*_bytes(client, targets))
            said = monotonic()
        sleep(max(LOOK, REST * (monotonic() - began)))


def _primaries(client: Elasticsearch, targets: list[str]) -> Iterator[tuple[tuple[str, int], str, dict[str, Any]]]:
    """Index and number, state, and what is said about it where it has no node, of each primary."""
    found: dict[str, Any] = {}
    for batch in batches(targets):
        found |= client.cluster.state(metric="routing_table", index=batch, expand_wildcards="all", ignore_unavailable=True)[
            "routing_table"
        ]["indices"]
    for name in targets:
        if name not in found:
            raise Permanent(f"{name} is gone: somebody deleted it while it was restored")
        for number, copies in found[name]["shards"].items():
            for copy in copies:
                if copy["primary"]:
                    yield (name, int(number)), copy["state"], copy.get("unassigned_info", {})


def _reason(client: Elasticsearch, shard: tuple[str, int]) -> str:
    """Why a shard has no place, in the words of those that said no."""
    name, number = shard
    told = client.cluster.allocation_explain(index=name, shard=number, primary=True).body
    decisions = [each for node in told.get("node_allocation_decisions", []) for each in node.get("deciders", [])]
    said = [each["explanation"] for each in decisions if each.get("decision") == "NO"] or [
        str(told.get("allocate_explanation", "no reason given"))
    ]
    return f"{name}[{number}]: {' | '.join(dict.fromkeys(map(_short, said)))}"


def _short(text: str) -> str:
    """The cluster's words, of which each stack that it puts into them leaves the innermost cause alone."""
    causes = re.findall(r"Caused by: ([^\n]+)", text)
    words = text.partition(" - manually ")[0].partition("\n")[0]
    return f"{words}: {causes[-1]}"[:700] if causes else words[:700]


def _bytes(client: Elasticsearch, targets: list[str]) -> tuple[int, int]:
    """How many bytes of the indices are there, and how many there will be, as far as their recoveries know."""
    said = (client.indices.recovery(index=batch).body for batch in batches(targets))
    sizes = [shard["index"]["size"] for found in said for told in found.values() for shard in told["shards"]]
    return sum(size["recovered_in_bytes"] for size in sizes), sum(size["total_in_bytes"] for size in sizes)


def _undone(server: Server, order: Order, folder: Path, targets: list[str]) -> str:
    """Remove what was half restored, and say so. What keeps its name is removed only where a shard of it is missing."""
    if not home.asked(folder):
        return ""
    with suppress(Failure), server.session("removing what was half restored") as client:
        used = names_used(client)
        there = [name for name in targets if name in used.indices]
        broken = _broken(client, there) if order.into == LIVE else there
        _delete(client, broken, [name for name in streams(order).values() if name in used.streams and not order.confirm])
        home.unask(folder)
        return f"; removed again, half restored as they were: {', '.join(broken[:NAMED])}" if broken else ""
    return "; what was half restored could not be removed again: look for red indices"


def _delete(client: Elasticsearch, broken: list[str], came: list[str]) -> None:
    """Delete what is broken; data streams that came go whole, for nothing of them was there before."""
    for stream in came:
        client.indices.delete_data_stream(name=stream, expand_wildcards="all")
    left = names_used(client).indices if came else dict.fromkeys(broken)
    for batch in batches(name for name in broken if name in left):
        client.indices.delete(index=batch, ignore_unavailable=True)


def _broken(client: Elasticsearch, names: list[str]) -> list[str]:
    started = dict.fromkeys(names, True)
    for (name, _), state, _ in _primaries(client, names) if names else ():
        started[name] &= state == "STARTED"
    return [name for name, whole in started.items() if not whole]


def _left(order: Order) -> Iterator[str]:
    """What a restore does not bring back."""
    if came := streams(order).values():
        yield f"data streams came back without the index template that makes their next index: {', '.join(came)}"
    if states := dict(order.facts.extras).get("feature_states"):
        yield f"the feature states {states} are in the backup and were left out: restore them by hand where they are wanted"
