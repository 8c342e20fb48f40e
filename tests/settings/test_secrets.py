"""Files that hold secrets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workers.errors import Refused
from workers.settings import load, secrets

Write = Callable[[str], Path]
Faults = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def keep(folder: Path) -> Callable[..., Path]:
    """Write a secret's file."""

    def kept(name: str, content: bytes = b"hunter2\n", mode: int = 0o600) -> Path:
        (folder / name).write_bytes(content)
        (folder / name).chmod(mode)
        return folder / name

    return kept


@pytest.mark.parametrize("content", [b"hunter2", b"hunter2\n", b"hunter2\r\n"])
def test_a_secret_comes_without_its_line_ending(example: str, write: Write, keep: Callable[..., Path], content: bytes) -> None:
    keep("targets_community_mysql_password", content)
    found = load(write(example)).secret("targets_community_mysql_password")
    assert found is not None
    assert found.get_secret_value() == "hunter2"


def test_a_secret_does_not_print(example: str, write: Write, keep: Callable[..., Path]) -> None:
    keep("broker_password")
    found = load(write(example))
    assert "hunter2" not in f"{found!r} {found} {found.secret('broker_password')!r} {found.broker_url()}"


def test_a_secret_without_a_file_is_none(example: str, write: Write) -> None:
    assert load(write(example)).secret("age_identity") is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o700, 0o666])
def test_a_mode_wider_than_0600_is_a_fault_with_its_remedy(example: str, faults: Faults, keep: Callable[..., Path], mode: int) -> None:
    path = keep("broker_password", mode=mode)
    assert faults(example) == [(str(path), f"mode {mode:04o} is wider than 0600; run: chmod 600 {path}")]


def test_a_mode_that_was_widened_after_loading_is_refused(example: str, write: Write, keep: Callable[..., Path]) -> None:
    found = load(write(example))
    path = keep("broker_password", mode=0o644)
    with pytest.raises(Refused, match=f"{path}: mode 0644 is wider than 0600"):
        found.secret("broker_password")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty; write the secret into it, or remove it"),
        (b"\n", "empty; write the secret into it, or remove it"),
        (b"\xff", "not UTF-8 text"),
    ],
)
def test_a_file_that_holds_no_text_is_a_fault(
    example: str, faults: Faults, keep: Callable[..., Path], content: bytes, sentence: str
) -> None:
    path = keep("alerts_slack_webhook", content)
    assert faults(example) == [(str(path), sentence)]


def test_a_folder_in_a_secrets_place_is_a_fault(example: str, faults: Faults, folder: Path) -> None:
    (folder / "broker_user").mkdir(mode=0o600)
    assert faults(example) == [(str(folder / "broker_user"), "cannot be read: Is a directory")]


def test_a_missing_secret_is_told_on_the_host_that_needs_it(example: str, faults: Faults, write: Write, folder: Path) -> None:
    webhook = str(folder / "alerts_slack_webhook")
    assert faults(example, host="control") == [
        (webhook, "missing, needed on control (address of the Slack channel); write it with mode 0600")
    ]
    assert load(write(example), host="db1")


def test_a_password_is_needed_where_there_is_no_socket(example: str, faults: Faults, folder: Path) -> None:
    text = example.replace('socket = "/run/mysqld/mysqld.sock"', 'host = "127.0.0.1"')
    path = folder / "targets_community_mysql_password"
    assert faults(text, host="db1") == [(str(path), "missing, needed on db1 (login of target community); write it with mode 0600")]


def test_half_a_login_of_a_store_is_a_fault_and_none_is_not(
    example: str, faults: Faults, write: Write, keep: Callable[..., Path], folder: Path
) -> None:
    text = example + '[stores.s3]\nkind = "s3"\nbucket = "vault"\n'
    assert load(write(text)).secret("stores_s3_access_key_id") is None
    keep("stores_s3_access_key_id")
    told = "missing, and stores_s3_access_key_id is there (login of store s3); write both with mode 0600, or neither"
    assert faults(text) == [(str(folder / "stores_s3_secret_access_key"), told)]


def test_a_fault_of_a_secret_stands_among_the_faults_of_the_file(example: str, faults: Faults, keep: Callable[..., Path]) -> None:
    path = keep("broker_password", mode=0o644)
    assert [key for key, _ in faults(example.replace("weekly", "weakly"))] == [str(path), "plans.database.retention.weakly"]


@pytest.mark.parametrize("name", ["../passwd", "a/b", "", "A"])
def test_a_name_that_is_no_key_reads_no_file(folder: Path, name: str) -> None:
    with pytest.raises(Refused, match="no name of a secret"):
        secrets.read(folder, name)
