"""The account of the guide: its policy, word for word, is enough for what it promises, and for nothing else."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from pydantic import SecretStr

from compose.local.s3 import BUCKET, REGION, S3
from tests.contracts.store import put, read
from workers.errors import Permanent
from workers.stores.options import S3Options
from workers.stores.s3 import S3Store

GUIDE = Path(__file__).parents[2] / "docs/guides/s3.md"
KEYS = [f"policy/{number}" for number in range(4)]


def policy() -> str:
    (found,) = re.findall(r"```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    return str(found)


@pytest.fixture(scope="module")
def login(s3: S3) -> tuple[SecretStr, SecretStr]:
    """An account with the guide's policy."""
    key, secret = s3.login()
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION)
    iam = session.client("iam", endpoint_url=s3.url)
    iam.create_user(UserName="host")
    made = iam.create_access_key(UserName="host")["AccessKey"]
    iam.put_user_policy(UserName="host", PolicyName="guide", PolicyDocument=policy())
    return SecretStr(made["AccessKeyId"]), SecretStr(made["SecretAccessKey"])


@pytest.fixture
def host(s3: S3, login: tuple[SecretStr, SecretStr]) -> S3Store:
    return S3Store("s3", S3Options(bucket=BUCKET, prefix="prod", endpoint_url=s3.url), *login)


@pytest.fixture
def other(s3: S3, login: tuple[SecretStr, SecretStr]) -> S3Store:
    """The same account below another prefix."""
    return S3Store("s3", S3Options(bucket=BUCKET, prefix="other", endpoint_url=s3.url), *login)


def test_the_policy_names_the_bucket_of_the_example() -> None:
    assert f"arn:aws:s3:::{BUCKET}" in json.dumps(json.loads(policy()))


def test_the_account_backs_up_and_restores(host: S3Store) -> None:
    for key in KEYS:
        put(host, key, b"hello")
        put(host, key, b"hello")
    assert [found.key for found in host.list("policy/")] == KEYS
    assert [read(host, key) for key in KEYS] == [b"hello"] * len(KEYS)
    assert (host.stat("policy/none"), host.free()) == (None, None)


def test_the_account_cannot_remove_what_it_stored(host: S3Store) -> None:
    put(host, "policy/kept", b"hello")
    with pytest.raises(Permanent, match=r"403 AccessDenied: DeleteObject on community-backups/prod/policy/kept; .* s3:DeleteObject"):
        host.remove("policy/kept")
    assert read(host, "policy/kept") == b"hello"


REFUSED: dict[str, Callable[[S3Store], object]] = {
    "PutObject": lambda store: put(store, "a", b"hello"),
    "GetObject": lambda store: read(store, "a"),
    "ListObjectsV2": lambda store: list(store.list("")),
}


@pytest.mark.parametrize("operation", REFUSED)
def test_the_account_has_no_business_below_another_prefix(other: S3Store, operation: str) -> None:
    with pytest.raises(Permanent, match=f"403 AccessDenied: {operation} on {BUCKET}/other"):
        REFUSED[operation](other)
