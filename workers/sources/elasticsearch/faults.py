"""The cluster's refusals, told as failures that say what would mend them. Floor: tools."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from elastic_transport import ApiError, TlsError, TransportError

from workers.errors import Failure, Permanent, Transient
from workers.sources.elasticsearch.options import ElasticsearchOptions

# What clients of S3 say when the service is away or busy, as Elasticsearch repeats it.
PASSING = ("Unable to execute HTTP request", "timed out", "SlowDown", "Status Code: 503", "Connection refused")


@contextmanager
def told(options: ElasticsearchOptions, doing: str) -> Iterator[None]:
    """Turn the client's exceptions into failures."""
    try:
        yield
    except (ApiError, TransportError) as error:
        raise failure(error, options, doing) from error


def failure(error: Exception, options: ElasticsearchOptions, doing: str) -> Failure:
    """The failure that an exception of the client means; Transient where the cluster may answer later."""
    if isinstance(error, TlsError):
        return Permanent(f"no TLS with {options.address}: {_inner(error)}; check ca_file of this target and the cluster's certificate")
    if isinstance(error, TransportError):
        return Transient(f"no Elasticsearch answers at {options.address}: {_inner(error)}")
    assert isinstance(error, ApiError)  # the client raises nothing else
    return _answered(error, options, doing)


def _inner(error: TransportError) -> str:
    """The words below those of the client's, which says no more than that there was an error."""
    return str(error.errors[-1]) if error.errors else error.message


def _answered(error: Any, options: ElasticsearchOptions, doing: str) -> Failure:
    status, text, where = error.meta.status, reason(error.body), options.address
    if status == 401:
        who = f"user {options.user!r} or its password" if options.user else "the API key"
        return Permanent(f"{where} refuses {who}; check this target's secret")
    if "path.repo" in text:
        return Permanent(
            f"{options.home} is not in path.repo of {where}: put it into elasticsearch.yml of every node and restart, or change `folder`"
        )
    if "readonly" in text or ("read-only" in text and "repository" in text):
        return Permanent(
            f"repository {options.repository} of {where} is registered as read-only: {text}; another cluster may be its writer"
        )
    if "expected state" in text:
        return Permanent(
            f"repository {options.repository} of {where} was changed by somebody else than this cluster, which will not use it any more:"
            f" {text}; the guide to Elasticsearch says how to begin a new one"
        )
    if options.bucket and ("type [s3] does not exist" in text or "is not accessible" in text or "s3 client" in text.lower()):
        return _bucket(text, options)
    if "flood-stage" in text or "disk usage exceeded" in text:
        return Permanent(f"{where} has a full disk (above its flood-stage watermark) and refuses writes: {text}")
    if status == 403:
        return Permanent(f"{doing} on {where}: {text}; the rights that are needed stand in the guide to Elasticsearch")
    kind = Transient if status in (429, 502, 503, 504) else Permanent
    return kind(f"{doing} on {where}: {text}")


def _bucket(text: str, options: ElasticsearchOptions) -> Failure:
    """Why the cluster cannot use its bucket; Transient where the service may answer later."""
    kind = Transient if any(word in text for word in PASSING) else Permanent
    remedy = f"check bucket, base_path, and s3.client.{options.client} in the settings and keystore of every node"
    if "does not exist" in text:
        remedy = "run the default distribution of Elasticsearch on every node, or leave `bucket` out"
    return kind(f"{options.address} cannot use bucket {options.bucket}: {text}; {remedy}")


def reason(body: Any) -> str:
    """The innermost cause that an answer names, behind the outer one where they differ."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return str(error)[:600]
    outer = inner = str(error.get("reason") or error.get("type") or error)
    while isinstance(cause := error.get("caused_by"), dict):
        error, inner = cause, str(cause.get("reason") or inner)
    return (outer if inner in outer else f"{outer}: {inner}")[:600]
