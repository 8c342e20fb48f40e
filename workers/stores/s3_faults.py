"""What an S3 service's refusals mean for a backup, in words: which store, bucket and key, and what would help. Floor: tools.

Codes: Amazon S3 API reference, "Error responses"; those of other services where they differ.
"""

import ssl
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from workers.errors import Failure, Permanent, Transient
from workers.stores.options import S3Options

RIGHTS = {
    "PutObject": "s3:PutObject",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
    "DeleteObject": "s3:DeleteObject",
}
_DENIED = ("AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden", "403")
_THROTTLED = ("SlowDown", "Throttling", "ThrottlingException", "TooManyRequests", "RequestLimitExceeded", "BandwidthLimitExceeded")
_PASSING = ("RequestTimeout", "OperationAborted", "ConditionalRequestConflict", "IncompleteBody")
_DAMAGED = ("BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch")
_FULL = ("QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "EntityTooLarge")
_ELSEWHERE = ("PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301", "307")
_EXPIRED = ("ExpiredToken", "InvalidToken", "TokenRefreshRequired")
_NO_LOGIN = (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError)
_AWAY = (boto.HTTPClientError, boto.ConnectionError, boto.ResponseStreamingError, boto.IncompleteReadError, HTTPError)


class Later(Transient):
    """The service asked for patience: `retry_after` is in seconds."""

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Faults:
    """`with faults("PutObject", key):` turns what boto3 raises inside into Transient or Permanent."""

    def __init__(self, store: str, options: S3Options) -> None:
        self._store, self._options = f"store {store}", options
        self._secrets = f"stores_{store}_access_key_id and stores_{store}_secret_access_key"

    def __call__(self, operation: str, key: str) -> AbstractContextManager[None]:
        """Stand around one request about `key`; "" is the bucket itself."""
        return _Told(self, operation, key)

    def told(self, operation: str, key: str, error: Exception) -> Failure:
        """The failure of the house for an error of boto3's, or of the HTTP client below it."""
        if isinstance(error, ClientError):
            return self._answered(operation, key, error)
        if isinstance(error, _NO_LOGIN):
            return Permanent(f"{self._store} has nothing to log in with; write the secrets {self._secrets}")
        if isinstance(error, boto.SSLError) or isinstance(error.__cause__, ssl.SSLError):
            return self._untrusted(error)
        if isinstance(error, _AWAY):
            return Transient(f"{self._store} at {self._options.endpoint} does not answer: {operation} on {self._at(key)}: {_short(error)}")
        return Permanent(f"{self._store}: {operation} on {self._at(key)}: {_short(error)}")

    def _untrusted(self, error: Exception) -> Failure:
        if "CERTIFICATE_VERIFY_FAILED" not in str(error) and "certificate" not in str(error):
            return Transient(f"{self._store} at {self._options.endpoint} does not answer: TLS broke off: {_short(error)}")
        return Permanent(
            f"{self._store}: the certificate of {self._options.endpoint} is not trusted: {_short(error)};"
            f" name the file of its authority in {self._key('ca_file')}"
        )

    def _answered(self, operation: str, key: str, error: ClientError) -> Failure:
        code, status = code_of(error), status_of(error)
        what = f"{self._store}: {status} {code}: {operation} on {self._at(key)}"
        if code in _THROTTLED or status in (429, 503):
            return Later(f"{what}; the service asks for patience", _seconds(error))
        if (status >= 500 and status not in (501, 507)) or code in _PASSING:
            return Transient(f"{what}: {_said(error)}")
        if code in _DAMAGED:
            return Transient(f"{what}; the bytes were damaged on the way")
        return Permanent(self._sentence(code, key) or self._denied(what, operation, error) or f"{what}: {_said(error)}")

    def _sentence(self, code: str, key: str) -> str | None:
        """What is wrong for good, and the remedy; the service's own words may quote a key id, so they are left out."""
        store, bucket, where = self._store, self._options.bucket, self._options.endpoint
        if code in _ELSEWHERE:
            return f"{store}: bucket {bucket} is in another region; mend {self._key('region')}"
        if code in _EXPIRED:
            return f"{store}: the session that signs its requests has ended ({code}); renew it, or write the secrets {self._secrets}"
        if code in _FULL:
            return f"{store} is full: {self._at(key)} does not fit ({code}); make room or let retention remove old backups"
        return {
            "NoSuchBucket": f"{store}: there is no bucket {bucket} at {where}; make it, or mend {self._key('bucket')}",
            "NoSuchKey": f"{store} has no object {key}",
            "InvalidAccessKeyId": f"{store}: {where} does not know the access key id; mend the secrets {self._secrets}",
            "SignatureDoesNotMatch": f"{store}: the secret access key is not that of the access key id; mend the secrets {self._secrets}",
            "RequestTimeTooSkewed": f"{store}: the clocks of this host and of {where} are too far apart; let a time service set the clock",
            "InvalidObjectState": f"{store}: {self._at(key)} is archived and cannot be read; restore it from Glacier first"
            " (aws s3api restore-object), then try again",
            "InvalidStorageClass": f"{store}: {where} does not have the storage class asked for; mend {self._key('storage_class')}",
            "NotImplemented": f"{store}: {where} cannot write an object only where there is none (If-None-Match); it is no safe store",
        }.get(code)

    def _denied(self, what: str, operation: str, error: ClientError) -> str | None:
        if code_of(error) not in _DENIED:
            return None
        return f"{what}; the account needs {RIGHTS.get(operation, operation)} there, and no lock or policy against it: {_said(error)}"

    def _at(self, key: str) -> str:
        return "/".join(part for part in (self._options.bucket, self._options.prefix, key) if part)

    def _key(self, option: str) -> str:
        return f"stores.{self._store.removeprefix('store ')}.{option}"


class _Told:
    """A context manager that can be entered many times: a reader enters it for every block."""

    def __init__(self, faults: Faults, operation: str, key: str) -> None:
        self._faults, self._operation, self._key = faults, operation, key

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, BotoCoreError | ClientError | HTTPError):
            raise self._faults.told(self._operation, self._key, error) from None  # boto3's errors hold the request with its signature


def code_of(error: ClientError) -> str:
    """The code of a refusal; its HTTP status where it has no other, as answers to HEAD do."""
    return str(_part(error, "Error").get("Code") or status_of(error))


def status_of(error: ClientError) -> int:
    """The HTTP status of a refusal."""
    return int(_part(error, "ResponseMetadata").get("HTTPStatusCode") or 0)


def _part(error: ClientError, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = error.response.get(name) or {}  # type: ignore[assignment]  # the stubs know more than every service sends
    return found


def _said(error: ClientError) -> str:
    return " ".join(str(_part(error, "Error").get("Message") or "without a word").split())[:200]


def _short(error: Exception) -> str:
    cause = error.kwargs.get("error") if isinstance(error, BotoCoreError) else None
    return " ".join(str(cause or error).split())[-200:]


def _seconds(error: ClientError) -> float:
    """What `Retry-After` asks for; 0 where it is missing or no number of seconds."""
    asked = str(_part(error, "ResponseMetadata").get("HTTPHeaders", {}).get("retry-after", ""))
    return float(asked) if asked.isdigit() else 0.0
