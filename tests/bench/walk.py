"""`python walk.py ROOT WORK full|unchanged`: one walk in a process of its own, so that its peak memory is only its own.

`full` leaves the index in WORK, with which `unchanged` compares.
"""

import re
import sys
import time
from pathlib import Path

from workers.artifact import Form, Kind, Role, Segment
from workers.ports import Dump
from workers.sources.files.options import FilesOptions
from workers.sources.files.source import FilesSource


def walk(dump: Dump, index: Path) -> None:
    """Read all of a dump; its index goes into a file, the rest nowhere."""
    with index.open("wb") as file:
        for part in dump.parts():
            for block in part.blocks:
                if part.role is Role.INDEX:
                    file.write(block.data)
    dump.facts()


if __name__ == "__main__":
    root, work, what = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    source, before = FilesSource(FilesOptions(path=root)), work / "full.index"
    began = time.monotonic()
    parent = [(Segment(1, "index", Role.INDEX, Form(0, "")), before)]
    with source.dump(Kind.FULL) if what == "full" else source.dump_since(Kind.INCREMENTAL, parent) as dump:
        walk(dump, work / f"{what}.index")
    # Not ru_maxrss: that counts what the process was before exec, which is the benchmark itself.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    rss = int(peak) * 1024
    print(f"seconds={time.monotonic() - began:.2f} cpu={time.process_time():.2f} rss={rss}")
