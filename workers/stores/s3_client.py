"""boto3's client of one S3 store: one for each process and login, safe for many threads, and without retries of its own. Floor: tools."""

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.loaders import create_loader
from botocore.session import get_session
from pydantic import SecretStr

from workers.errors import Permanent
from workers.stores.options import S3Options

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

CONNECT, READ = 10, 60  # seconds to connect, and for each answer or block of one
CONNECTIONS = 32  # most threads of one process that may ask at once; a connection is opened when one does
FALLBACK = "us-east-1"  # signs where neither settings nor boto3 know a region; services other than Amazon's mostly ignore it
_KNOWN = create_loader()  # what botocore knows of services, read once: each session's own takes 12 MB and 0.1 s of CPU


@dataclass(frozen=True, slots=True)
class Login:
    """The pair of secrets that signs requests."""

    key_id: SecretStr
    secret: SecretStr


@lru_cache(maxsize=32)
def client(options: S3Options, login: Login | None) -> "S3Client":
    """The client of these options. Raises Permanent where the file of `ca_file` is missing."""
    if options.ca_file and not options.ca_file.is_file():
        raise Permanent(f"{options.ca_file} is missing (ca_file of the store in bucket {options.bucket})")
    core = get_session()
    core.register_component("data_loader", _KNOWN)
    session = boto3.Session(
        aws_access_key_id=login.key_id.get_secret_value() if login else None,
        aws_secret_access_key=login.secret.get_secret_value() if login else None,
        botocore_session=core,
    )
    return session.client(
        "s3",
        region_name=options.region or session.region_name or FALLBACK,
        endpoint_url=options.endpoint_url,
        verify=str(options.ca_file) if options.ca_file else None,
        config=_config(options),
    )


def _config(options: S3Options) -> Config:
    return Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=CONNECT,
        read_timeout=READ,
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # missing in the stubs; the settings decide, no variable
        request_checksum_calculation="when_required",  # ours goes along; trailing ones are not known everywhere
        response_checksum_validation="when_required",  # readers compare with what was recorded
        # The body is proven by its own checksum, whose header is signed; botocore would hash it a second time.
        s3={"addressing_style": options.style, "payload_signing_enabled": False},
    )


# A connection belongs to one process: a fork opens its own.
os.register_at_fork(after_in_child=client.cache_clear)
