"""A row of a table of drivers: strings, so that a host imports only what it uses. Floor: words."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Driver:
    """Where a driver and the model of its options are, as `module:Class`.

    `roles` are the roles of hosts that it can run on (empty: any). `secret` is the last word of the name of the secret
    that it logs in with; it is needed unless the option `secret_unless` is given. `login` are the last words of secrets
    that it may do without. `gentle` says that it can be told how gently to read, beyond the rate, which holds for every source, `scratch`
    that it wants to know where scratch servers live, `housed` that it keeps its data in a repository of its own in each required store.
    `houses` are the kinds of stores in which that can lie (empty: in any), and `copies` how many of them it keeps in step (0: any number).
    """

    path: str
    options: str
    roles: tuple[str, ...] = ()
    secret: str = ""
    secret_unless: str = ""
    login: tuple[str, ...] = ()
    gentle: bool = False
    scratch: bool = False
    housed: bool = False
    houses: tuple[str, ...] = ()
    copies: int = 0

    def load(self) -> Any:
        """The driver's class, imported now."""
        return resolve(self.path)

    def load_options(self) -> type[BaseModel]:
        """The model of its options, imported now."""
        model: type[BaseModel] = resolve(self.options)
        return model


def resolve(path: str) -> Any:
    """What `module:Name` names."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
