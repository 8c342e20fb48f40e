"""The options refuse what cannot be meant, and say what would be right."""

import pytest
from pydantic import ValidationError

from workers.sources.elasticsearch.options import ElasticsearchOptions

GOOD = {"url": "https://search1:9200", "user": "canvasback", "folder": "/srv/search"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "search1:9200"}, "is not http"),
        ({"url": "https://search1:9200/path"}, "is not http"),
        ({"url": "https://me:hunter2@search1:9200"}, "holds a login"),
        ({"url": "http://search1:9200", "ca_file": "/x/ca.crt"}, "no TLS"),
        ({"user": None}, "exactly one of user, api_key and nopass"),
        ({"api_key": True}, "exactly one of user, api_key and nopass"),
        ({"indices": []}, "at least 1 item"),
        ({"indices": ["*", *(f"-index-{number:04}" for number in range(100))]}, "more than 1000 characters; write patterns"),
        ({"folder": "srv"}, "begin with /"),
        ({"keep": "soon"}, "not a duration"),
        ({"base_path": "search"}, "give the bucket, too"),
        ({"bucket": "backups", "base_path": "/search"}, "begins or ends with /"),
        ({"bucket": "backups", "location": "/mnt/share"}, "a bucket or a location"),
        ({"bucket": "backups", "storage_class": "glacier"}, "Input should be"),
    ],
)
def test_what_cannot_be_meant_is_refused(changes, words):
    with pytest.raises(ValidationError, match=words):
        ElasticsearchOptions.model_validate(GOOD | changes)


def test_a_bucket_makes_it_a_repository_in_s3():
    assert ElasticsearchOptions.model_validate(GOOD).kind == "fs"
    assert ElasticsearchOptions.model_validate(GOOD | {"bucket": "backups"}).kind == "s3"


def test_the_cluster_may_see_the_folder_elsewhere():
    assert str(ElasticsearchOptions.model_validate(GOOD).home) == "/srv/search"
    assert str(ElasticsearchOptions.model_validate(GOOD | {"location": "/mnt/share"}).home) == "/mnt/share"
