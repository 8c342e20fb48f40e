"""A message is in its queue or noted as delivered, and never in between. The last test says when `workers.broker.taking` can go."""

import threading
from collections import Counter

import pytest
from kombu import Connection, Consumer, Queue
from kombu.exceptions import OperationalError
from kombu.transport import redis as stock
from redis import Redis

from workers.broker.transport import Transport

PREFIX = "canvasback:"


class Stock(stock.Transport):
    """kombu's own."""


@pytest.fixture
def client(redis):
    client = Redis.from_url(redis.url, decode_responses=True)
    client.flushall()
    return client


def connection(redis, transport=Transport):
    return Connection(redis.url, transport=transport, transport_options={"global_keyprefix": PREFIX, "priority_steps": [0]})


def send(redis, *queues):
    with connection(redis) as sender:
        for number, queue in enumerate(queues):
            sender.SimpleQueue(queue).put({"number": number})


def consume(link, seen, *queues, **options):
    """A consumer that hands every message to `seen`."""
    channel = link.channel()
    consumer = Consumer(channel, [Queue(queue) for queue in queues], callbacks=[lambda body, message: seen(body, message)], **options)
    consumer.consume()
    return channel


def drain(link, seconds=3.0):
    """Read until nothing comes any more."""
    try:
        while True:
            link.drain_events(timeout=seconds)
    except TimeoutError:
        return


def test_a_message_is_noted_before_its_reader_sees_it_and_forgotten_when_it_is_acknowledged(redis, client):
    send(redis, "work")
    seen = []

    def look(_, message):
        seen.append((client.llen(f"{PREFIX}work"), client.hkeys(f"{PREFIX}unacked"), client.zcard(f"{PREFIX}unacked_index")))
        message.ack()

    with connection(redis) as link:
        consume(link, look, "work")
        link.drain_events(timeout=5)
    ((left, noted, indexed),) = seen
    assert (left, len(noted), indexed) == (0, 1, 1)
    assert client.keys(f"{PREFIX}unacked*") == []


def test_what_was_noted_is_put_back_as_it_was(redis, client):
    send(redis, "work")
    (before,) = client.lrange(f"{PREFIX}work", 0, -1)
    with connection(redis) as link:
        channel = consume(link, lambda *_: None, "work")
        link.drain_events(timeout=5)
        (tag,) = client.hkeys(f"{PREFIX}unacked")
        channel.qos.restore_by_tag(tag)
    (after,) = client.lrange(f"{PREFIX}work", 0, -1)
    with connection(redis) as link:
        bodies = []
        consume(link, lambda body, message: (bodies.append((body, message.delivery_info["redelivered"])), message.ack()), "work")
        link.drain_events(timeout=5)
    assert before != after  # the one says that it comes again
    assert bodies == [({"number": 0}, True)]


def test_a_reader_that_is_lost_while_it_takes_leaves_the_message_in_its_queue(redis, client):
    send(redis, "work")
    with connection(redis) as link:
        channel = consume(link, lambda *_: None, "work")
        channel.connection.cycle.on_poll_start()  # waits by now; its reply is never read
        client.client_kill_filter(_type="normal", skipme=True)
    assert (client.llen(f"{PREFIX}work"), client.hlen(f"{PREFIX}unacked")) == (1, 0)


def test_a_channel_that_is_closed_while_it_waits_takes_nothing(redis, client):
    with connection(redis) as link:
        channel = consume(link, lambda *_: None, "work")
        channel.connection.cycle.on_poll_start()
        send(redis, "work")
        channel.close()
    assert (client.llen(f"{PREFIX}work"), client.hlen(f"{PREFIX}unacked")) == (1, 0)


def test_two_readers_of_one_queue_get_every_message_once(redis, client):
    send(redis, *["work"] * 200)
    seen = Counter()

    def read():
        with connection(redis) as link:
            consume(link, lambda body, message: (seen.update([body["number"]]), message.ack()), "work", prefetch_count=1)
            drain(link)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert seen == Counter(range(200))
    assert client.keys(f"{PREFIX}unacked*") == []


def test_a_reader_of_several_queues_gets_from_all(redis):
    send(redis, "one", "two", "three", "one")
    seen = []
    with connection(redis) as link:
        consume(link, lambda body, message: (seen.append(body["number"]), message.ack()), "one", "two", "three")
        drain(link)
    assert sorted(seen) == [0, 1, 2, 3]


def test_a_reader_without_acknowledgement_leaves_nothing_noted(redis, client):
    send(redis, "work")
    seen = []
    with connection(redis) as link:
        consume(link, lambda body, _: seen.append(body), "work", no_ack=True)
        link.drain_events(timeout=5)
    assert (seen, client.keys(f"{PREFIX}unacked*")) == ([{"number": 0}], [])


@pytest.mark.parametrize("text", ["no JSON", "[1, 2]", '{"properties": 7}', '{"properties": {"delivery_tag": "x"}}'])
def test_what_is_no_message_is_dropped_loudly_and_the_next_one_comes(redis, client, text, caplog):
    client.lpush(f"{PREFIX}work", text)
    send(redis, "work")
    seen = []
    with connection(redis) as link:
        consume(link, lambda body, message: (seen.append(body), message.ack()), "work")
        drain(link, 2.0)
    assert seen == [{"number": 0}]
    assert "dropped from work what is no message" in caplog.text


def test_stock_kombu_loses_what_was_popped_and_not_yet_noted(redis, client, monkeypatch):
    send(redis, "work")

    def lost(*_):
        raise OperationalError("killed between two commands")

    monkeypatch.setattr(stock.QoS, "append", lost)
    with connection(redis, Stock) as link:
        consume(link, lambda *_: None, "work")
        with pytest.raises(OperationalError):
            link.drain_events(timeout=5)
    assert (client.llen(f"{PREFIX}work"), client.hlen(f"{PREFIX}unacked")) == (0, 0)
