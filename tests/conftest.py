"""What every test may use."""

import ctypes
import gc
from collections.abc import Iterator

import pytest

from tests.system import disks

pytest_plugins = ["tests.servers", "tests.orders", "tests.sharing"]
_libc = ctypes.CDLL(None)


@pytest.fixture(scope="session", autouse=True)
def disks_of_our_own() -> None:
    """Before any server is started: one that was started earlier would not see the disks that a test mounts."""
    disks.keep_to_ourselves()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that is about one flavour is collected for that one only: nothing has to be skipped."""
    config.hook.pytest_deselected(items=[item for item in items if not fits(item)])
    items[:] = [item for item in items if fits(item)]


def pytest_collection_finish() -> None:
    """Thousands of tests are held to the end: no search for garbage looks at them again, nor copies their pages in a child."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """What a module's tests held is given back: starting a child copies the tables of all pages that its parent has."""
    yield
    _libc.malloc_trim(0)


def fits(item: pytest.Item) -> bool:
    """Whether a test marked `only(flavour)` got that flavour."""
    mark, spec = item.get_closest_marker("only"), getattr(item, "callspec", None)
    return mark is None or spec is None or spec.params.get("database", spec.params.get("ground")) in (None, *mark.args)
