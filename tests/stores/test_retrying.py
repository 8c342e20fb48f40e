"""Patience with a store: what passes is not told, what stays is, and nothing that failed looks like success."""

import hashlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from tests.contracts.store import KEY, StoreContract, form, put, read
from tests.stores.faulty import METHODS, Break, Fault, FaultyStore
from workers.artifact import Form
from workers.errors import Failure, Permanent, Transient
from workers.ports import Stat, Store
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions
from workers.stores.retrying import TRIES, RetryingStore
from workers.stores.s3_faults import Later

HARMLESS = (Fault.REFUSED, Fault.LOST, Fault.SLOW)  # they show as a failure, or not at all
Wrap = Callable[..., tuple[FaultyStore, RetryingStore]]


@pytest.fixture
def local(tmp_path: Path) -> LocalStore:
    made = LocalStore("nas", LocalOptions(path=tmp_path / "nas"))
    made.initialise()
    return made


@pytest.fixture
def wrap(local: LocalStore) -> Wrap:
    """A local store that breaks as told, and patience around it that costs no time."""

    def wrapped(*breaks: Break, seconds: float = 8.0) -> tuple[FaultyStore, RetryingStore]:
        faulty = FaultyStore(local, *breaks)
        return faulty, RetryingStore(faulty, seconds=seconds, pause=0.001)

    return wrapped


@pytest.mark.parametrize("fault", HARMLESS)
class TestRetryingStore(StoreContract):
    """Every method fails at its first call, and again from its third to its fifth."""

    @pytest.fixture
    def fresh(self, wrap: Wrap, fault: Fault) -> Store:
        breaks = [Break(method, fault, nth, times) for method in METHODS for nth, times in ((1, 1), (3, 3))]
        return wrap(*breaks)[1]


@pytest.mark.parametrize(("method", "fault", "nth"), list(product(METHODS, Fault, (1, 2))))
def test_whatever_breaks_nothing_is_told_that_is_not_true(local: LocalStore, wrap: Wrap, method: str, fault: Fault, nth: int) -> None:
    _, store = wrap(Break(method, fault, nth, TRIES))
    for number in (1, 2):
        key, body = f"a/{number}", b"%d" % number * 100
        if done(partial(put, store, key, body)):
            assert read(local, key) == body
        if done(partial(proven, store, key, form(body))):
            assert read(local, key) == body
        if done(partial(store.remove, key)):
            assert local.stat(key) is None


def done(what: Callable[[], object]) -> bool:
    """Whether it says that it was done; a failure of the house is an honest no."""
    try:
        what()
    except Failure:
        return False
    return True


def proven(store: Store, key: str, wanted: Form) -> None:
    """What verify does: read it back and compare with what was recorded."""
    with store.open(key) as copy:
        found = copy.read()
    if Form(len(found), hashlib.sha256(found).hexdigest()) != wanted:
        raise Permanent("other bytes")


def test_an_outage_is_told_after_a_few_tries(wrap: Wrap) -> None:
    faulty, store = wrap(Break("put", Fault.REFUSED, 1, 1000))
    with pytest.raises(Transient, match="500 InternalError"):
        put(store, KEY, b"hello")
    assert faulty.calls["put"] == TRIES


def test_a_put_whose_answer_was_lost_is_stored_once(local: LocalStore, wrap: Wrap) -> None:
    faulty, store = wrap(Break("put", Fault.LOST))
    put(store, KEY, b"hello")
    assert faulty.calls["put"] == 2
    assert [found.key for found in local.list("")] == [KEY]


def test_what_is_permanent_is_not_tried_again(wrap: Wrap) -> None:
    faulty, store = wrap()
    put(store, KEY, b"hello")
    with pytest.raises(Permanent, match="holds another object"):
        put(store, KEY, b"other")
    assert faulty.calls["put"] == 2


def test_a_failure_while_reading_is_the_readers(wrap: Wrap) -> None:
    faulty, store = wrap()
    put(store, KEY, b"hello")
    with pytest.raises(Transient, match="mine"), store.open(KEY):
        raise Transient("mine")
    assert faulty.calls["open"] == 1


def test_a_list_that_breaks_off_is_read_again_from_the_beginning(local: LocalStore) -> None:
    class Breaks(FaultyStore):
        def list(self, prefix: str) -> Iterator[Stat]:
            self.calls["list"] += 1
            for row in local.list(prefix):
                yield row
                if self.calls["list"] == 1:
                    raise Transient("cut off")

    for key in ("a", "b", "c"):
        put(local, key, b"hello")
    assert [found.key for found in RetryingStore(Breaks(local), pause=0.001).list("")] == ["a", "b", "c"]


def test_a_store_that_asks_for_more_time_than_there_is_is_not_asked_again(local: LocalStore) -> None:
    class Busy(FaultyStore):
        def stat(self, key: str) -> Stat | None:
            self.calls["stat"] += 1
            raise Later("busy", 60.0)

    busy, started = Busy(local), time.monotonic()
    with pytest.raises(Transient, match="busy"):
        RetryingStore(busy, seconds=8).stat(KEY)
    assert (busy.calls["stat"], time.monotonic() - started < 5) == (1, True)


def test_no_try_begins_after_the_time_is_up(wrap: Wrap) -> None:
    faulty, store = wrap(Break("stat", Fault.REFUSED, 1, 1000), seconds=0.0)
    with pytest.raises(Transient):
        store.stat(KEY)
    assert faulty.calls["stat"] == 1


def test_it_has_the_name_and_the_properties_of_the_store_inside(local: LocalStore) -> None:
    store = RetryingStore(local)
    assert (store.name, store.properties) == (local.name, local.properties)
