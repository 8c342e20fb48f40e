"""The whole way, through real workers: back up, lose everything, restore."""

import json
import sys

from workers import command


def test_a_redis_is_backed_up_lost_and_restored_by_real_workers():
    done = command.run([sys.executable, "-m", "tests.sources.redis.bench", "--keys", "3000", "--rounds", "1"])
    assert done.returncode == 0, (done.stderr + done.stdout)[-2000:].decode()
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["keys"], found["equal"], found["ours"]["forks"]) == (3000, True, 1)
