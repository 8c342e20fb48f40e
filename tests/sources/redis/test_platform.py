"""The whole way, through real workers: back up, lose everything, restore."""

import json
import sys

from workers import command

CODE = "import json; from tests.bench.cases import redis; print(json.dumps(redis.measure(1, 3000)))"


def test_a_redis_is_backed_up_lost_and_restored_by_real_workers():
    """In a process of its own, whose application belongs to its settings; a restore that is not equal is a failure there."""
    done = command.run([sys.executable, "-c", CODE])
    assert done.returncode == 0, (done.stderr + done.stdout)[-2000:].decode()
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["keys"], found["forks"], found["n"]) == (3000, 1, 1)
