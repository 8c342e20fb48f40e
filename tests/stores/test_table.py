"""The table of stores, and the options of a local one."""

import subprocess
import sys
from pathlib import Path

import pytest

from workers.plans import Store as Row
from workers.ports import Store
from workers.stores import STORES, open_store
from workers.stores.options import LocalOptions, S3Options


@pytest.mark.parametrize("kind", STORES)
def test_every_row_names_a_driver_and_its_options(kind: str) -> None:
    wanted = [name for name in vars(Store) if not name.startswith("_")]
    assert [name for name in wanted if not hasattr(STORES[kind].load(), name)] == []
    assert STORES[kind].load_options().model_fields


def test_what_a_row_logs_in_with_is_asked_for_by_the_stores_name() -> None:
    asked: list[str] = []
    store = open_store("vault", Row(kind="s3", options=S3Options(bucket="vault")), lambda name: asked.append(name))
    assert (store.name, asked) == ("vault", ["stores_vault_access_key_id", "stores_vault_secret_access_key"])


def test_settings_with_a_bucket_need_no_client_of_it() -> None:
    code = "import sys; from workers.stores import STORES; STORES['s3'].load_options(); print('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_row_of_the_settings_opens_as_a_store(tmp_path: Path) -> None:
    store = open_store("nas", Row(kind="local", options=LocalOptions(path=tmp_path)), lambda _: None)
    assert store.name == "nas"
