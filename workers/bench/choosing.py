"""Single tables instead of a whole backup: which there are, what they are called, and what an operator typed to get them."""

import json
from dataclasses import dataclass, replace

from workers.alerts.words import count
from workers.artifact import Order, Role
from workers.catalog.manifest import Manifest
from workers.errors import Refused
from workers.plans.values import did_you_mean

ALL, DEFINERS = "all", "definers"  # which accounts come with a restore
_MAP = 'to map one to another: definers={"old@%": "new@localhost"}'
LISTED = 12  # tables that a refusal names


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a backup is wanted: single tables by name (none: all of it); who takes whose place as a definer; which accounts come, too."""

    tables: tuple[str, ...] = ()
    definers: tuple[tuple[str, str], ...] = ()
    accounts: str = ""

    @property
    def typed(self) -> str:
        """How it is written in a verb, behind its other arguments."""
        mapped = json.dumps(dict(self.definers), ensure_ascii=False)
        given = (
            f", tables={json.dumps(self.tables, ensure_ascii=False)}" if self.tables else "",
            f", definers={mapped}" if self.definers else ', definers="make"' if self.accounts == DEFINERS else "",
            ", accounts=True" if self.accounts == ALL else "",
        )
        return "".join(given)


def choice(tables: list[str] | None = None, definers: str | dict[str, str] = "keep", accounts: bool = False) -> Choice:
    """The choice of an operator. Refused where a list is given and empty: it would mean everything."""
    if tables is not None and not tables:
        raise Refused("tables=[] names no table; leave it out to restore all of them")
    if definers not in ("keep", "make") and not isinstance(definers, dict):
        raise Refused(f'definers="{definers}" is neither "keep" nor "make"; {_MAP}')
    pairs = tuple(definers.items()) if isinstance(definers, dict) else ()
    if odd := [name for pair in pairs for name in pair if not all(name.rpartition("@")[::2])]:
        raise Refused(f'"{odd[0]}" is no account; {_MAP}')
    made = ALL if accounts else DEFINERS if definers == "make" else ""
    return Choice(tuple(dict.fromkeys(tables or ())), pairs, made)


def ordered(manifest: Manifest, wanted: Choice, order: Order) -> Order:
    """The order for what is wanted. Refused where the backup does not have it."""
    if wanted.accounts and not any(segment.role is Role.ACCOUNTS for segment in manifest.segments):
        raise Refused(f'backup {manifest.id} carries no accounts; leave out accounts=True and definers="make"')
    if wanted.definers and not any(segment.role is Role.POST_DATA for segment in manifest.segments):
        raise Refused(f"backup {manifest.id} holds no views or programs; leave out definers")
    return replace(order, objects=wanted.tables, definers=wanted.definers, accounts=wanted.accounts)


def known(manifest: Manifest, wanted: Choice) -> None:
    """Refused, with what was meant, where the backup has one of the wanted tables not."""
    there = tuple(found.name for found in manifest.facts.counts)
    for name in wanted.tables:
        if name not in there:
            listed = ", ".join(there[:LISTED]) + (f" and {len(there) - LISTED} more" if len(there) > LISTED else "")
            raise Refused(f'backup {manifest.id} has no table "{name}"{did_you_mean(name, there)} (tables: {listed or "none"})')


def still_there(manifest: Manifest, tables: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the tables that the backup has, too."""
    there = {found.name for found in manifest.facts.counts}
    return tuple(name for name in tables if name in there)


def rows(order: Order) -> str:
    """How many rows come: `1,200 rows`, or `about 1,200 rows` where the server has estimated them."""
    expected = order.expected
    about = "" if all(found.exact for found in expected) else "about "
    return f"{about}{count(sum(found.rows for found in expected), 'row')}"


def accounts(order: Order) -> tuple[str, ...]:
    """What becomes of definers and accounts, in words."""
    mapped = tuple(f"views and programs of {old} run as {new}" for old, new in order.definers)
    if not order.accounts:
        return mapped
    which = "all that the backup carries" if order.accounts == ALL else "definers of what is restored"
    return (
        *mapped,
        f"{which} and that are not there are made, with grants; none that exists is changed, each that differs is listed",
    )
