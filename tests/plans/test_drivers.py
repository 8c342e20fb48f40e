"""Rows of strings lead to classes."""

import subprocess
import sys

from workers.plans.drivers import Driver, resolve
from workers.sources.mysql.options import MysqlOptions


def test_a_row_leads_to_its_class_and_its_options() -> None:
    row = Driver("pathlib:Path", "workers.sources.mysql.options:MysqlOptions")
    assert row.load().__name__ == "Path"
    assert row.load_options() is MysqlOptions
    assert resolve("os.path:sep") == "/"


def test_loading_the_tables_imports_no_driver() -> None:
    code = "import sys, workers.sources, workers.stores; print([m for m in sys.modules if m.startswith('workers.s') and m.count('.') > 1])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
