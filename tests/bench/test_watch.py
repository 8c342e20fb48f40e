"""What is seen while something runs."""

import subprocess
import sys
import time
from types import SimpleNamespace

from tests.bench.watch import used

NOBODY = SimpleNamespace(servers=(), cluster=SimpleNamespace(children={}))


def test_the_most_bytes_in_the_spool_are_kept_though_they_are_gone_at_the_end(tmp_path):
    with used(NOBODY, spool=tmp_path, workers=False) as found:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "segment").write_bytes(bytes(5000))
        time.sleep(0.3)
        (tmp_path / "run" / "segment").unlink()
    assert found.spool == 5000
    assert 0.3 <= found.wall < 3


def test_scripts_that_were_waited_for_are_counted(tmp_path):
    with used(NOBODY, spool=tmp_path, workers=False) as found:
        subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.5: pass"], check=True)
    assert 0.45 <= found.cpu < 3


def test_a_process_of_somebody_else_is_told_as_others(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "import time\nwhile time.process_time() < 1: pass"]) as other:
        with used(NOBODY, spool=tmp_path, workers=False) as found:
            time.sleep(0.8)
        assert found.cpu < 0.2
        assert found.others > 0.2
        other.kill()
