"""How several processes share the tests: file by file; what takes minutes comes first, and what stands on one platform stays together."""

from typing import Any

import pytest

# Longest first, so that nobody works alone at the end. Files of one folder follow one another: its platform is up once in each process.
FIRST = ("tests/broker/test_visibility.py", "tests/system/moments/", "tests/compose/demo/", "tests/system/test_soak.py", "tests/system/")
TOGETHER = "tests/system/moments/"  # two platforms, each with a past that takes as long to make as its tests take


@pytest.hookimpl(trylast=True)  # pytest itself sorts them by their fixtures before
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long ones first; the others stay in their order."""
    items.sort(key=lambda item: next((place for place, begin in enumerate(FIRST) if item.nodeid.startswith(begin)), len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object | None:
    """With `--dist loadfile`: files in this order, not by the number of their tests, and that folder as if it were one file."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # who runs the tests in one process needs no xdist

    class Sharing(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return TOGETHER if nodeid.startswith(TOGETHER) else str(super()._split_scope(nodeid))

    config.option.loadscopereorder = False
    return Sharing(config, log)
