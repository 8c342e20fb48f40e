"""Several repositories of one target: copies that share data, and the proof that each is sound."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from tests.sources.engine.hands import take
from tests.sources.engine.scripts import scripted
from workers.bench.repositories import following
from workers.errors import Corrupt, Permanent, Refused, Transient
from workers.ports import Address, Share
from workers.sources.engine import record
from workers.sources.engine.child import Ended
from workers.sources.restic.faults import unsound
from workers.sources.restic.repository import apart


def test_a_snapshot_is_carried_to_the_other_store_once(made):
    taken = take(made)
    for _ in range(2):
        made.source.carry(taken.segment)
    ((first,), (second,)) = made.snapshots(0), made.snapshots(1)
    assert (second["original"], second["tree"]) == (first["id"], first["tree"])
    for store in ("nas", "disk"):
        made.source.audit(taken.segment, store, Share(1, 1))


def test_a_repository_that_is_missing_in_the_other_store_is_made_so_that_copies_share_data(ground):
    taken = take(ground)
    ground.source.carry(taken.segment)
    cut = [ground.restic("cat", "config", number=number).split('"chunker_polynomial":')[1] for number in (0, 1)]
    assert cut[0] == cut[1]


def test_a_record_is_proven_against_the_repository(made):
    taken = take(made)
    made.source.prove(taken.plain)
    lie = made.root / "lie"
    lie.write_bytes(replace(record.read(taken.plain), tree="0" * 64).written())
    with pytest.raises(Corrupt, match=r"store nas: .* holds no snapshot .* with tree 000000000000"):
        made.source.prove(lie)


def test_a_snapshot_that_was_never_carried_is_told(made):
    taken = take(made)
    with pytest.raises(Corrupt, match=r"store disk: .* does not hold snapshot"):
        made.source.audit(taken.segment, "disk", None)


def test_a_flipped_byte_is_found_by_the_share_that_reads_its_pack_and_the_store_is_named(made):
    taken = take(made)
    made.source.carry(taken.segment)
    flip(max(made.packs(1), key=lambda path: path.stat().st_size))
    made.source.audit(taken.segment, "nas", Share(1, 1))
    made.source.audit(taken.segment, "disk", None)
    (found,) = [said for number in (1, 2, 3) if (said := audited(made, taken, Share(number, 3)))]
    assert found.startswith("store disk: the repository")
    assert "is damaged" in found


def test_so_many_backups_as_there_are_shares_read_every_pack_also_where_their_number_changes_on_the_way(made):
    """By restic's own words: every pack is damaged, and each share names those that it has read."""
    for number in range(8):
        (made.path / f"{number}.bin").write_bytes(Random(number).randbytes(3000))
        taken = take(made)
    everything = {pack.name for pack in made.packs()}
    for pack in made.packs():
        flip(pack)
    spied, facts, read = scripted(made, "restic", 'case "$*" in *" check "*) real "$@" | tee $here/said; exit 1;; esac'), taken.facts, []
    for of in (5, 5, 3, 3, 3):
        share = following(facts, of)
        facts = replace(facts, extras=(("share", share),))
        number, _, parts = share.partition("/")
        with pytest.raises(Corrupt, match=r"^store nas: .* is damaged"):
            spied.source.audit(taken.segment, "nas", Share(int(number), int(parts)))
        read.append(set(json.loads((spied.options.tools / "said").read_text().splitlines()[-1])["broken_packs"] or ()))
    assert len(everything) >= 9
    assert set.union(*read[2:]) == everything
    assert sum(map(len, read[2:])) == len(everything)


def test_errors_that_a_check_has_counted_are_believed_before_its_status(made):
    taken = take(made)
    lying = scripted(made, "restic", """case "$*" in *" check"*) echo '{"message_type":"summary","num_errors":3}'; exit 0;; esac""")
    with pytest.raises(Corrupt, match=r"store nas: .* is damaged: 3 errors"):
        lying.source.audit(taken.segment, "nas", None)


def test_a_pack_that_is_missing_is_found_without_reading_data(made):
    taken = take(made)
    made.packs()[0].unlink()
    with pytest.raises(Corrupt, match=r"store nas: .* is damaged: .*does not exist"):
        made.source.audit(taken.segment, "nas", None)


def test_a_snapshot_that_is_missing_is_found(made):
    taken = take(made)
    for file in (made.repository() / "snapshots").iterdir():
        file.unlink()
    with pytest.raises(Corrupt, match="does not hold snapshot"):
        made.source.audit(taken.segment, "nas", None)


def test_a_store_that_went_away_during_the_check_is_not_a_damaged_one():
    away = Ended(1, (), ('{"message_type":"error","message":"Load(<data/73b>): dial tcp: connection refused"}',))
    damaged = Ended(1, (), ('{"message_type":"error","message":"pack 73b contains 2 errors"}',))
    assert isinstance(unsound("store s3", away), Transient)
    assert isinstance(unsound("store s3", damaged), Corrupt)


LOGIN = (SecretStr("key"), SecretStr("secret"))
S3 = Address("s3", "s3", "https://s3/bucket/repositories/uploads/restic", LOGIN)


@pytest.mark.parametrize(
    ("other", "fits"),
    [
        (replace(S3, store="s3b"), True),
        (replace(S3, store="s3b", login=(SecretStr("other"), SecretStr("secret"))), False),
        (replace(S3, store="s3b", region="eu"), False),
        (Address("nas", "local", "/nas/repositories"), True),
    ],
)
def test_two_stores_that_one_restic_cannot_reach_are_refused_with_what_works(other, fits):
    said = apart(S3, other)
    assert (said == "") == fits
    assert fits or "name a local store first" in said


def test_stores_that_do_not_fit_are_refused_before_a_backup_is_made(ground):
    there = replace(ground, addresses=(S3, replace(S3, store="s3b", region="eu", place="https://s3/other/uploads/restic")))
    with pytest.raises(Refused, match="restic cannot copy from store s3 to s3b"):
        take(there)


def test_a_source_that_was_not_told_where_its_repositories_are_says_so(ground):
    with pytest.raises(Permanent, match="was not told where"):
        take(replace(ground, addresses=()))


def audited(made, taken, share: Share) -> str:
    """What is told about the other store; "" where it is sound."""
    try:
        made.source.audit(taken.segment, "disk", share)
    except Corrupt as error:
        return error.reason
    return ""


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
