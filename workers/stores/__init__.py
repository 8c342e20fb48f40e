"""The kinds of stores, as a table of strings, and the way to open one. Floor: tools."""

from workers.plans import Store as Row
from workers.plans.drivers import Driver
from workers.ports import Store

STORES = {
    "local": Driver("workers.stores.local:LocalStore", "workers.stores.options:LocalOptions"),
}


def open_store(name: str, row: Row) -> Store:
    """The store of a row of the settings."""
    store: Store = STORES[row.kind].load()(name, row.options)
    return store
