"""How a copy is proven: read back, or asked for by size and SHA-256 where the store vouches for both and reading would cost."""

from workers.artifact import Form, Kind
from workers.plans import Plan
from workers.ports import Store
from workers.transforms import checksum


def proven(store: Store, key: str, kind: Kind, plan: Plan) -> Form:
    """The form of the copy that lies under `key` now. Raises Permanent where there is none.

    A store that did not check the SHA-256 while it took the object is always read, whatever the plan says.
    """
    if asks(store, kind, plan):
        found = store.stat(key)
        if found and found.sha256:
            return Form(found.bytes, found.sha256)
    with store.open(key) as copy:
        return checksum.form_of(copy)


def asks(store: Store, kind: Kind, plan: Plan) -> bool:
    """Whether asking is enough: as the plan says; where it says nothing, only where reading costs."""
    wanted = plan.verify or ("head" if kind in store.properties.costly else "read")
    return wanted == "head" and store.properties.checks_upload
