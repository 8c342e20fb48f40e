import errno
from pathlib import Path

import pytest

from workers.errors import Failure, Permanent, Transient
from workers.stores.faults import Faults

FAULTS = Faults("nas", Path("/mnt/nas"))


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, Permanent, "store nas is full: /mnt/nas/a/b does not fit"),
        (errno.EDQUOT, Permanent, "store nas is full"),
        (errno.EFBIG, Permanent, "store nas is full"),
        (errno.EROFS, Permanent, "Read-only file system: /mnt/nas/a/b; its folder must be mounted writable"),
        (errno.EACCES, Permanent, "Permission denied: /mnt/nas/a/b"),
        (errno.ELOOP, Permanent, "links are not followed"),
        (errno.ENOENT, Permanent, "store nas has no object a/b"),
        (errno.EIO, Transient, "store nas does not answer: Input/output error: /mnt/nas/a/b"),
        (errno.ESTALE, Transient, "store nas does not answer"),
        (errno.EISDIR, Permanent, "store nas: Is a directory: /mnt/nas/a/b"),
    ],
)
def test_every_refusal_of_the_file_system_is_told_in_words(number: int, kind: type[Failure], words: str) -> None:
    with pytest.raises(kind, match=words), FAULTS("a/b"):
        raise OSError(number, "as the kernel says it")


def test_the_failures_of_the_house_pass_unchanged() -> None:
    failure = Permanent("as it was")
    with pytest.raises(Permanent) as caught, FAULTS("a/b"):
        raise failure
    assert caught.value is failure
