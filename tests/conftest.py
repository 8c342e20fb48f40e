"""What every test may use."""

import pytest

from tests.system import disks

pytest_plugins = ["tests.servers", "tests.orders"]


@pytest.fixture(scope="session", autouse=True)
def disks_of_our_own() -> None:
    """Before any server is started: one that was started earlier would not see the disks that a test mounts."""
    disks.keep_to_ourselves()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that is about one flavour is collected for that one only: nothing has to be skipped."""
    fitting = [item for item in items if fits(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in fitting])
    items[:] = fitting


def fits(item: pytest.Item) -> bool:
    """Whether a test marked `only(flavour)` got that flavour."""
    mark, spec = item.get_closest_marker("only"), getattr(item, "callspec", None)
    return mark is None or spec is None or spec.params.get("database", spec.params.get("ground")) in (None, *mark.args)
