"""Backups as values, and the way to put one into a store; for every test that needs some."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from workers.artifact import Count, Facts, Form, Kind, Position, Role, Segment
from workers.catalog.manifest import Manifest, manifest_key, seal, segment_key
from workers.ports import Store
from workers.transforms.checksum import form_of

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
FACTS = Facts(
    identity="8b1d6f1c-c77e-11f0-9b0e-0242ac110002",
    flavour="mysql",
    version="9.7.4",
    place="community",
    snapshot=NOON,
    counts=(Count("users", 1200), Count("게시글", 5, exact=False)),
    fingerprint="ab" * 32,
    position=Position("binlog.000007", 4096, "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5"),
    warnings=('view "old\n" is broken',),
    tools=(("mysqldump", "9.7.4"),),
)
SCHEMA = Segment(1, "schema", Role.SCHEMA, Form(9, "11" * 32), ("users", "게시글"), "utf8mb4", Form(12, "22" * 32), ".zst", ("nas",))
DATA = Segment(2, "data", Role.DATA, Form(0, "33" * 32), ('odd", "charset": "latin1',), "binary", Form(2**40, "44" * 32), ".zst", ("nas",))
FULL = Manifest(
    id="20261122T120000Z-full-9f3a11c2",
    target="community",
    source="mysql",
    kind=Kind.FULL,
    parent=None,
    host="db1",
    run="7c1e0a2b",
    started=NOON - timedelta(seconds=2),
    ended=NOON + timedelta(minutes=3),
    facts=FACTS,
    segments=(SCHEMA, DATA),
    recipients=(),
    required=("nas",),
    writer="canvasback 0.1.0",
)

PHYSICAL = replace(
    FULL,
    id="20261122T130000Z-full-0a0a0a0a",
    facts=replace(
        FACTS,
        snapshot=NOON + timedelta(hours=1),
        counts=(Count("community.users", 1200), Count("shop.users", 3)),
        extras=(("mode", "physical"), ("bytes", "4096"), ("owner", "0:0"), ("databases", "community, shop")),
    ),
)


def later(days: float, number: int = 0, **changes: object) -> Manifest:
    """The same backup of another day."""
    moment = NOON + timedelta(days=days)
    name = f"{moment:%Y%m%dT%H%M%SZ}-full-{number:08x}"
    return replace(FULL, id=name, facts=replace(FACTS, snapshot=moment), **changes)  # type: ignore[arg-type]


def put(store: Store, manifest: Manifest, sealed: bytes | None = None) -> str:
    """Put one segment and the manifest (or other bytes in its place) into a store; the manifest's key."""
    segment, key = segment_key(manifest.target, manifest.id, manifest.segments[0]), manifest_key(manifest.target, manifest.id)
    store.put(segment, b"segment", form_of(b"segment"))
    body = seal(manifest) if sealed is None else sealed
    store.put(key, body, form_of(body))
    return key
