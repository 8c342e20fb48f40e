"""Names travel in addresses, which have an end; definitions are compared without what is new in every index."""

from workers.sources.elasticsearch.state import LONGEST, batches, fingerprint, release


def test_any_number_of_names_is_asked_for_in_addresses_that_are_short_enough():
    names = [f"글-{number:04}" for number in range(1000)]
    found = list(batches(names))
    assert [name for batch in found for name in batch] == names
    assert len(found) > 1
    assert max(len(",".join(batch).encode()) for batch in found) < LONGEST
    assert list(batches([])) == []
    assert list(batches(["x" * 4000])) == [["x" * 4000]]


def test_what_is_left_out_goes_with_every_pattern_that_stood_before_it():
    def left(patterns):
        """What a cluster would understand: `-name` takes away from all that was named so far."""
        found = set()
        for pattern in patterns:
            found = found - {pattern[1:]} if pattern.startswith("-") else found | {pattern}
        return found

    long = [f"{letter * 900}*" for letter in "abcdef"]
    for place in range(7):
        patterns = [*long[:place], f"-{long[1]}", *long[place:]]
        found = list(batches(patterns))
        assert len(found) > 1
        assert set().union(*map(left, found)) == left(patterns)
    assert list(batches(["posts", "-x"])) == [["posts"]]  # no pattern stood before it


def test_what_no_two_indices_share_is_not_compared():
    one = {"posts": {"mappings": {"a": 1}, "settings": {"index": {"uuid": "1", "creation_date": "2", "number_of_shards": "1"}}}}
    two = {"posts": {"mappings": {"a": 1}, "settings": {"index": {"uuid": "3", "creation_date": "4", "number_of_shards": "1"}}}}
    assert fingerprint(one) == fingerprint(two)
    two["posts"]["settings"]["index"]["number_of_shards"] = "2"
    assert fingerprint(one) != fingerprint(two)


def test_versions_are_compared_as_numbers():
    assert release("8.9.1") < release("8.19.0") < release("9.0.0-SNAPSHOT")
