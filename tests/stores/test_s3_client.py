"""boto3's client: one for each process and login, signing for the right place, and never trying again by itself."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from workers.command import die_with_parent
from workers.errors import Permanent
from workers.stores.options import S3Options
from workers.stores.s3_client import FALLBACK, Login, client

LOGIN = Login(SecretStr("id"), SecretStr("hunter2"))

FORK = """
import os
from tests.stores.test_s3_client import LOGIN, client, S3Options
options = S3Options(bucket="vault")
ours = client(options, LOGIN)
child = os.fork()
if child == 0:
    os._exit(client(options, LOGIN) is ours)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), client(options, LOGIN) is ours)
"""


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of whoever runs the tests is read."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    client.cache_clear()


def test_the_same_options_and_login_share_one_client() -> None:
    options = S3Options(bucket="vault")
    assert client(options, LOGIN) is client(S3Options(bucket="vault"), Login(SecretStr("id"), SecretStr("hunter2")))
    assert client(options, LOGIN) is not client(options, Login(SecretStr("id"), SecretStr("renewed")))


def test_a_fork_opens_connections_of_its_own() -> None:
    argv = [sys.executable, "-c", FORK]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, preexec_fn=die_with_parent)
    assert done.stdout == "0 True\n"


def test_the_region_is_the_settings_then_botos_then_a_fixed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = S3Options(bucket="vault")
    assert client(bare, LOGIN).meta.region_name == FALLBACK
    client.cache_clear()
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert client(bare, LOGIN).meta.region_name == "eu-west-1"
    assert client(S3Options(bucket="vault", region="ap-northeast-2"), LOGIN).meta.region_name == "ap-northeast-2"


def test_the_settings_name_the_endpoint_and_no_variable_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere.invalid")
    assert "elsewhere" not in client(S3Options(bucket="vault"), LOGIN).meta.endpoint_url
    assert client(S3Options(bucket="vault", endpoint_url="http://127.0.0.1:1"), LOGIN).meta.endpoint_url == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "https://vault.s3.amazonaws.com/key"),
        ({"endpoint_url": "http://s3.internal:1"}, "http://s3.internal:1/vault/key"),
        ({"endpoint_url": "http://s3.internal:1", "addressing": "virtual"}, "http://vault.s3.internal:1/key"),
        ({"addressing": "path"}, "https://s3.amazonaws.com/vault/key"),
    ],
)
def test_the_bucket_stands_where_the_service_looks_for_it(options: dict[str, str], expected: str) -> None:
    made = client(S3Options.model_validate({"bucket": "vault", **options}), LOGIN)
    assert made.generate_presigned_url("get_object", Params={"Bucket": "vault", "Key": "key"}).partition("?")[0] == expected


def test_it_never_tries_again_by_itself() -> None:
    assert client(S3Options(bucket="vault"), LOGIN).meta.config.retries["total_max_attempts"] == 1  # type: ignore[attr-defined]


def test_a_missing_file_of_the_authority_is_named(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=f"{tmp_path}/ca.crt is missing"):
        client(S3Options(bucket="vault", endpoint_url="https://s3.internal", ca_file=tmp_path / "ca.crt"), LOGIN)
