"""What a host can tell of the names in a backup: which match a pattern, what a restore would read, what is different now."""

from itertools import islice

from workers import sources
from workers.artifact import Order
from workers.bench import borrowing, indexes
from workers.bench.tools import Tools
from workers.catalog import index
from workers.catalog.manifest import Manifest
from workers.errors import Refused
from workers.ports import Difference, Found, NamedSource

MOST = 1000  # names in one answer: it goes through Redis, and is there to be read


def source(tools: Tools, target: str) -> NamedSource:
    """The source of a target whose backups have names; Refused for others."""
    found = tools.source(target)
    if not isinstance(found, NamedSource):
        kind, known = tools.target(target).source, ", ".join(sources.NAMED)
        raise Refused(f"{target} is a target of source {kind}, whose backups have no index of names; sources that have one: {known}")
    return found


def names(tools: Tools, target: str, backup: str, pattern: str) -> list[Found]:
    """The first names in a backup that match a pattern; one more than MOST where there are more."""
    with indexes.brought(tools, _manifest(tools, target, backup)) as pieces:
        return list(islice(source(tools, target).find(pattern, pieces), MOST + 1))


def chosen(tools: Tools, target: str, order: Order) -> Order:
    """The order as the host would carry it out, with what its patterns stand for. Refused where one stands for nothing."""
    manifest = _manifest(tools, target, order.backup)
    with indexes.brought(tools, manifest) as pieces:
        return source(tools, target).select(order, pieces, borrowing.segments(tools.stores_of(target), manifest))


def differences(tools: Tools, target: str, backup: str, *, thorough: bool) -> list[Difference]:
    """The first differences between a backup and the target as it is now; one more than MOST where there are more."""
    with indexes.brought(tools, _manifest(tools, target, backup)) as pieces:
        return list(islice(source(tools, target).compare(pieces, thorough=thorough), MOST + 1))


def _manifest(tools: Tools, target: str, backup: str) -> Manifest:
    return index.find(tools.stores_of(target), target, backup).manifest
