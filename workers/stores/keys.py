"""What may be a key: parts joined by `/`, safe in a file system and in S3 alike, whoever wrote the manifest that names it."""

from workers.errors import Permanent

LONGEST = 255  # bytes of one part: the limit of ext4, xfs, ntfs and smb


def parts(key: str) -> tuple[str, ...]:
    """The parts of a key. Raises Permanent, naming it, where it could leave the store or hide in it."""
    wrong = fault(key)
    if wrong:
        raise Permanent(f"{key!r} is no key of a store: {wrong}")
    return tuple(key.split("/"))


def fault(key: str) -> str | None:
    """What is wrong with a key; None for a good one.

    No part is empty, begins with a dot (so never `..`, never a temporary file), is too long or holds a control character.
    """
    split = key.split("/")
    if not all(split):
        return "a part of it is empty"
    if any(part.startswith(".") for part in split):
        return "a part of it begins with a dot"
    if not key.isprintable() or "\\" in key:
        return "it holds a control character or a backslash"
    return "a part of it is too long" if any(len(part.encode()) > LONGEST for part in split) else None
