"""How memory grew over a long run."""

from tests.bench.long import Long, Sample, growth


def samples(*pairs):
    return [Sample(count, 1000 + count * redis, 2000 + count * worker) for count, redis, worker in pairs]


def test_growth_is_told_for_each_segment():
    found = growth(samples((100, 3, 5), (200, 3, 5), (1000, 3, 5)), 1000)
    assert found == {"redis_bytes_per_segment": 3, "worker_bytes_per_segment": 5}


def test_what_a_run_takes_at_its_beginning_is_no_growth():
    beginning = [Sample(50, 0, 0), Sample(200, 9000, 9000), Sample(1000, 9000, 9000)]
    assert growth(beginning, 1000) == {"redis_bytes_per_segment": 0, "worker_bytes_per_segment": 0}


def test_memory_is_told_at_a_tenth_at_a_half_and_at_the_end():
    long = Long(None, None, 1000, samples=[Sample(count, count << 20, 0) for count in range(100, 1001, 100)])
    row = long.row()
    assert [row[f"redis_mib_at_{count}"] for count in (100, 500, 1000)] == [100, 500, 1000]
