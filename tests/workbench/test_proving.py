"""How a copy is proven: read where that is safe and free, asked for where the plan or the price says so and the store can vouch."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from compose.local.s3 import BUCKET, S3
from tests.contracts.store import KEY, form, put
from tests.stores.faulty import Break, Fault, FaultyStore
from workers.artifact import Kind
from workers.bench.proving import proven
from workers.errors import Permanent
from workers.plans import Plan
from workers.ports import Store
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions, S3Options
from workers.stores.s3 import S3Store

Make = Callable[..., FaultyStore]


@pytest.fixture
def bucket(s3: S3) -> Make:
    """A store of full backups in a class; it counts its calls."""

    def made(full: str, *breaks: Break) -> FaultyStore:
        chosen = {"bucket": BUCKET, "prefix": secrets.token_hex(8), "endpoint_url": s3.url, "storage_class": {"full": full}}
        key, secret = s3.login()
        store = FaultyStore(S3Store("s3", S3Options.model_validate(chosen), SecretStr(key), SecretStr(secret)), *breaks)
        put(store, KEY, b"hello")
        return store

    return made


@pytest.fixture
def nas(tmp_path: Path) -> FaultyStore:
    inner = LocalStore("nas", LocalOptions(path=tmp_path / "nas"))
    inner.initialise()
    put(inner, KEY, b"hello")
    return FaultyStore(inner)


def plan(verify: str | None = None) -> Plan:
    return Plan.model_validate({"required": ["s3"], "verify": verify})


@pytest.mark.parametrize(
    ("full", "verify", "asked"),
    [
        ("STANDARD", None, "open"),
        ("INTELLIGENT_TIERING", None, "open"),
        ("GLACIER_IR", None, "stat"),
        ("STANDARD_IA", None, "stat"),
        ("STANDARD", "head", "stat"),
        ("GLACIER_IR", "read", "open"),
    ],
)
def test_the_plan_says_how_and_else_the_price_of_reading(bucket: Make, full: str, verify: str | None, asked: str) -> None:
    store = bucket(full)
    assert proven(store, KEY, Kind.FULL, plan(verify)) == form(b"hello")
    assert {method for method in ("open", "stat") if store.calls[method]} == {asked}


def test_the_class_of_another_kind_counts_for_nothing(bucket: Make) -> None:
    store = bucket("GLACIER_IR")
    assert proven(store, KEY, Kind.LOG, plan()) == form(b"hello")
    assert store.calls["open"] == 1


def test_a_store_that_checks_nothing_is_read_whatever_the_plan_says(nas: FaultyStore) -> None:
    assert proven(nas, KEY, Kind.FULL, plan("head")) == form(b"hello")
    assert (nas.calls["open"], nas.calls["stat"]) == (1, 0)


def test_a_checksum_that_the_store_does_not_have_is_read(bucket: Make, s3: S3) -> None:
    store: Store = bucket("GLACIER_IR", Break("stat", Fault.STALE))
    assert proven(store, KEY, Kind.FULL, plan()) == form(b"hello")


def test_bytes_that_came_back_different_are_told_as_they_are(bucket: Make) -> None:
    store = bucket("STANDARD", Break("open", Fault.WRONG))
    assert proven(store, KEY, Kind.FULL, plan()) != form(b"hello")


@pytest.mark.parametrize("verify", ["read", "head"])
def test_a_copy_that_is_not_there_is_named(bucket: Make, verify: str) -> None:
    store = bucket("STANDARD")
    store.remove(KEY)
    with pytest.raises(Permanent, match=f"store s3 has no object {KEY}"):
        proven(store, KEY, Kind.FULL, plan(verify))
