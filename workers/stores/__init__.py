"""The kinds of stores, as a table of strings, and the way to open one. Floor: tools."""

from collections.abc import Callable

from pydantic import SecretStr

from workers.plans import Store as Row
from workers.plans.drivers import Driver
from workers.ports import Store

STORES = {
    "local": Driver("workers.stores.local:LocalStore", "workers.stores.options:LocalOptions"),
    "s3": Driver("workers.stores.s3:S3Store", "workers.stores.options:S3Options", login=("access_key_id", "secret_access_key")),
}


def open_store(name: str, row: Row, secret: Callable[[str], SecretStr | None]) -> Store:
    """The store of a row of the settings; `secret` gives the secrets that it logs in with, by name."""
    driver = STORES[row.kind]
    login = (secret(f"stores_{name}_{word}") for word in driver.login)
    store: Store = driver.load()(name, row.options, *login)
    return store
