"""What is in a backup, and what differs from the cluster as it is now, by its index. Floor: tools."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from workers.artifact import Order
from workers.ports import Difference, Found
from workers.sources.elasticsearch.index import Index
from workers.sources.elasticsearch.place import chosen
from workers.sources.elasticsearch.session import Server
from workers.sources.elasticsearch.state import wanted

_BACKING = re.compile(r"\.[df]s-(.+)-\d{4}\.\d\d\.\d\d-\d{6,}")  # an index of a data stream: its name, the day, a number


def select(order: Order) -> Order:
    """The order with the indices that its patterns stand for. Refused where one stands for none."""
    return replace(order, objects=chosen(order)) if order.objects else order


def find(index: Index, pattern: str) -> Iterator[Found]:
    """The indices whose names, or whose data streams', match a pattern, with the bytes of their files."""
    if index.head is None:
        return
    sizes = Counter[str]()
    for held in index.files.values():
        sizes[held.index] += held.bytes
    for name in index.head.indices:
        stream = _BACKING.fullmatch(name)
        if fnmatchcase(name, pattern) or (stream and fnmatchcase(stream[1], pattern)):
            yield Found(name, sizes[name], index.head.began)


def compare(server: Server, index: Index) -> Iterator[Difference]:
    """What differs between a backup and the cluster now: indices that are gone, new, made anew, or have other documents."""
    before = dict(index.head.indices) if index.head else {}
    with server.session("comparing") as client:
        now = wanted(client, server.options.indices)
    for name in sorted(before.keys() | now.keys()):
        if name not in now:
            yield Difference(name, f"is gone, or closed; {before[name][1]} documents in the backup")
        elif name not in before:
            yield Difference(name, f"is new: {now[name].documents} documents")
        elif now[name].uuid != before[name][0]:
            yield Difference(name, f"was made anew: {now[name].documents} documents, {before[name][1]} in the backup")
        elif now[name].documents != before[name][1]:
            yield Difference(name, f"{now[name].documents} documents, {before[name][1]} in the backup")
