"""A server that works by itself is seen in the ledger; a source whose server does not stays as it is."""

from redis import Redis

from workers.artifact import Run, new_run_id
from workers.bench.metering import metered
from workers.catalog.ledger import SERVER, Ledger
from workers.ports import MeteredSource
from workers.sources.elasticsearch.options import ElasticsearchOptions
from workers.sources.elasticsearch.source import ElasticsearchSource
from workers.sources.files.options import FilesOptions
from workers.sources.files.source import FilesSource


def test_its_bytes_are_noted_as_they_are_told(redis):
    ledger = Ledger(Redis.from_url(redis.url, decode_responses=True))
    run = Run(new_run_id(), "backup", "posts", "search1", "20261122T000000Z-full-9f3a11c2")
    ledger.open(run)
    source = metered(ledger, run, ElasticsearchSource(ElasticsearchOptions(url="http://search1:9200", nopass=True, folder="/srv")))
    assert isinstance(source, MeteredSource)
    source._server.meter(3, 10)
    assert ledger.entry(run.id).note(SERVER) == "3/10"
    source._server.meter(10, 10)
    assert ledger.entry(run.id).note(SERVER) == "10/10"


def test_other_sources_stay_as_they_are():
    source = FilesSource(FilesOptions(path="/srv/uploads"))
    assert metered(None, None, source) is source
