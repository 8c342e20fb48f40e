"""What a cluster refuses is told in one sentence, with what would mend it; only what may pass by itself is tried again."""

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import ApiError

from workers.errors import Permanent, Transient
from workers.sources.elasticsearch.faults import failure, reason
from workers.sources.elasticsearch.options import ElasticsearchOptions

OPTIONS = ElasticsearchOptions(url="https://search1:9200", user="canvasback", folder="/srv/search")
FLOOD = (
    "index [posts] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];"
)


def told(status: int, error: object, options: ElasticsearchOptions = OPTIONS):
    meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.1, NodeConfig("https", "search1", 9200))
    return failure(ApiError("no", meta, {"error": error, "status": status}), options, "restoring")


@pytest.mark.parametrize(
    ("status", "text", "kind", "words"),
    [
        (401, "unable to authenticate user [canvasback]", Permanent, "refuses user 'canvasback' or its password"),
        (403, "action [cluster:admin/snapshot/create] is unauthorized", Permanent, "the rights that are needed stand in the guide"),
        (429, FLOOD, Permanent, "has a full disk (above its flood-stage watermark) and refuses writes"),
        (429, "circuit breaking: data too large", Transient, "data too large"),
        (503, "no master", Transient, "no master"),
        (500, "location [/x] doesn't match any of the locations specified by path.repo", Permanent, "put it into elasticsearch.yml"),
        (500, "[r] cannot create snapshot in a readonly repository", Permanent, "is registered as read-only"),
        (400, "mapping is wrong", Permanent, "restoring on https://search1:9200: mapping is wrong"),
    ],
)
def test_each_refusal_says_what_would_mend_it(status, text, kind, words):
    found = told(status, {"type": "x", "reason": text})
    assert type(found) is kind
    assert words in found.reason


def test_an_api_key_that_is_refused_is_called_so():
    options = OPTIONS.model_copy(update={"user": None, "api_key": True})
    assert "refuses the API key" in told(401, {"reason": "invalid"}, options).reason


def test_the_innermost_cause_is_told_behind_the_outer_one():
    assert reason({"error": {"reason": "outer", "caused_by": {"reason": "middle", "caused_by": {"reason": "inner"}}}}) == "outer: inner"
    assert reason({"error": {"reason": "all of it", "caused_by": {"reason": "of it"}}}) == "all of it"
    assert reason("plain words") == "plain words"
