"""What every test may use."""

import pytest

from tests.system import disks

pytest_plugins = ["tests.servers", "tests.orders"]
# Folders whose tests wait for whole platforms: begun last, one of them would keep a single process busy when all others are done.
LONG = ("tests/system", "tests/compose", "tests/sources/mysql/physical", "tests/sources/mysql/replay", "tests/broker")


@pytest.fixture(scope="session", autouse=True)
def disks_of_our_own() -> None:
    """Before any server is started: one that was started earlier would not see the disks that a test mounts."""
    disks.keep_to_ourselves()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that is about one flavour is collected for that one only: nothing has to be skipped. Long ones come first."""
    fitting = [item for item in items if fits(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in fitting])
    items[:] = sorted(fitting, key=lambda item: not item.nodeid.startswith(LONG))


def fits(item: pytest.Item) -> bool:
    """Whether a test marked `only(flavour)` got that flavour."""
    mark, spec = item.get_closest_marker("only"), getattr(item, "callspec", None)
    return mark is None or spec is None or spec.params.get("database", spec.params.get("ground")) in (None, *mark.args)
