"""The store `s3` against SeaweedFS: the contract, and every refusal that it can be brought to."""

from collections.abc import Iterator

import pytest

from compose.local.s3 import BUCKET, S3
from tests.contracts.store import StoreContract
from workers.ports import Store
from workers.stores.options import S3Options
from workers.stores.s3 import S3Store
from pydantic import SecretStr


@pytest.fixture
def prefix(s3: S3, request: pytest.FixtureRequest) -> Iterator[str]:
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name).strip("-")[:60] or "x"
    yield name


class TestS3Store(StoreContract):
    @pytest.fixture
    def fresh(self, s3: S3, prefix: str) -> Store:
        key, secret = s3.login()
        return S3Store("s3", S3Options(bucket=BUCKET, prefix=prefix, endpoint_url=s3.url), SecretStr(key), SecretStr(secret))
