"""What happens to a segment between the spool and a store: zstd, then age where the plan names recipients.

The table holds strings, so that a worker imports only what it uses. Stands beside stores and sources and knows neither.
"""

from importlib import import_module
from typing import cast

from pydantic import SecretStr

from workers.errors import Corrupt
from workers.ports import Transform

TRANSFORMS = {"zstd": "workers.transforms.zstd:Zstd", "age": "workers.transforms.age:Age"}
SUFFIXES = {".zst": "zstd", ".age": "age"}


def encoders(level: int, recipients: tuple[str, ...] = ()) -> tuple[Transform, ...]:
    """The transforms of a plan, in the order in which they encode: zstd, and age where there are recipients.

    Raises Refused for a level or recipient that does not exist.
    """
    packed = _build("zstd", level=level)
    return (packed, _build("age", recipients=recipients)) if recipients else (packed,)


def decoders(suffix: str, identities: SecretStr | None = None) -> tuple[Transform, ...]:
    """The transforms behind a suffix such as `.zst.age`, in the order in which they encoded.

    None behind "": what does not compress is stored as it is. `identities` is the text of an age identity file; where it is missing,
    decoding raises Permanent. Raises Corrupt for an unknown suffix.
    """
    names = ["." + part for part in suffix.split(".")[1:]]
    unknown = [name for name in names if name not in SUFFIXES]
    if unknown:
        raise Corrupt(f"no transform undoes {suffix!r}; known are {', '.join(SUFFIXES)}")
    return tuple(_build("age", identities=identities) if SUFFIXES[name] == "age" else _build(SUFFIXES[name]) for name in names)


def _build(name: str, **options: object) -> Transform:
    module, kind = TRANSFORMS[name].split(":")
    return cast(Transform, getattr(import_module(module), kind)(**options))
