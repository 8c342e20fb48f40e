"""The servers and sources that the pages' own commands are tried on."""

from tests.sources.mysql.conftest import ground, port, server
from tests.sources.mysql.physical.conftest import cloning, near, shop

__all__ = ["cloning", "ground", "near", "port", "server", "shop"]
