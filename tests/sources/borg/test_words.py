"""BorgBackup's last words, and the failures that they are; its versions."""

import json

import pytest

from workers.errors import Corrupt, Permanent, Transient
from workers.sources.borg.options import BorgOptions
from workers.sources.borg.program import BORG
from workers.sources.borg.words import Progress, failure, words
from workers.sources.engine.child import Ended
from workers.sources.engine.program import unfit


def said(text: str, id: str = "", status: int = 2) -> Ended:
    line = {"type": "log_message", "message": text, "levelname": "ERROR", "name": "borg.archiver", **({"msgid": id} if id else {})}
    return Ended(
        status, (), (json.dumps(line), json.dumps({"type": "log_message", "message": "Traceback (most recent…", "levelname": "ERROR"}))
    )


@pytest.mark.parametrize(
    ("ended", "kind", "told"),
    [
        (said("wrong", "PassphraseWrong"), Permanent, "nas does not open with the secret …_borg_password"),
        (said("Repository /x does not exist.", "Repository.DoesNotExist"), Permanent, r"nas is not there: Repository /x does not exist\.$"),
        (said("Failed to create the lock", "LockTimeout"), Transient, "nas is locked: Failed to create the lock"),
        (said("", status=-9), Permanent, r"borg create was killed \(signal 9\)"),
        (said("[Errno 28] No space left on device"), Permanent, "nas is full: .*; make room"),
        (said("Segment entry checksum mismatch", "IntegrityError"), Corrupt, "nas is damaged: .*runbook"),
        (said("Something"), Permanent, "nas: borg create failed: Something$"),
        (Ended(2, (), ()), Permanent, "failed: status 2"),
    ],
)
def test_each_is_a_failure_of_the_house_in_one_sentence(ended, kind, told):
    found = failure("nas", ended, "create")
    assert type(found) is kind
    with pytest.raises(kind, match=told):
        raise found


def test_progress_is_told_and_only_messages_are_kept():
    told: list[int] = []
    progress = Progress(told.append)
    lines = [
        {"type": "archive_progress", "original_size": 100},
        {"type": "archive_progress", "finished": True},
        {"type": "progress_message", "message": "Saving"},
        {"type": "progress_percent", "msgid": "extract", "current": 150},
        {"type": "log_message", "message": "a warning", "levelname": "WARNING"},
    ]
    kept = [progress.hear(json.dumps(line)) for line in lines]
    assert (told, kept) == ([100, 50], [False, False, False, False, True])
    assert progress.hear("no JSON")


def test_words_come_with_level_and_name():
    assert [(word.level, word.id, word.text) for word in words(said("text", "Id").said)] == [("ERROR", "Id", "text")]
    assert [word.text for word in words(("plain words", "[]"))] == ["plain words", "[]"]


@pytest.mark.parametrize(("version", "fits"), [("1.2.4", True), ("1.4.1", True), ("1.1.18", False), ("2.0.0", False), ("", False)])
def test_a_version_that_is_not_known_here_is_refused(version, fits):
    assert (unfit(BORG, version) == "") == fits


@pytest.mark.parametrize(
    ("compression", "fits"), [("auto,zstd,3", True), ("none", True), ("lz4", True), ("zstd,22", True), ("brotli", False)]
)
def test_a_compression_that_is_none_is_told_when_the_settings_are_read(compression, fits):
    if fits:
        assert BorgOptions(path="/srv/uploads", compression=compression).compression == compression
    else:
        with pytest.raises(ValueError, match="compression"):
            BorgOptions(path="/srv/uploads", compression=compression)
