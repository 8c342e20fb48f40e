"""What every test may use."""

import pytest

pytest_plugins = ["tests.servers", "tests.orders"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that is about one flavour is collected for that one only: nothing has to be skipped."""
    fitting = [item for item in items if fits(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in fitting])
    items[:] = fitting


def fits(item: pytest.Item) -> bool:
    """Whether a test marked `only(flavour)` got that flavour."""
    mark, spec = item.get_closest_marker("only"), getattr(item, "callspec", None)
    return mark is None or spec is None or spec.params.get("database", spec.params.get("ground")) in (None, *mark.args)
