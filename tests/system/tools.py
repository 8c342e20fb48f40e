"""A folder of client programs in which one can be replaced by a script that breaks."""

from pathlib import Path

HEAD = """#!/usr/bin/env python3
import ctypes, os, signal, subprocess, sys, time
real = {real!r}
if "--version" in sys.argv:
    os.execv(real, [real, *sys.argv[1:]])
die = lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL)
child = subprocess.Popen([real, *sys.argv[1:]], stdout=subprocess.PIPE, preexec_fn=die)
out = sys.stdout.buffer
"""
PASS = """
first = child.stdout.read({size})
out.write(first)
out.flush()
"""
REST = """
while block := child.stdout.read(1 << 16):
    out.write(block)
out.flush()
sys.exit(child.wait())
"""


class Tools:
    """Links to the real programs; `dump` replaces the dump program."""

    def __init__(self, folder: Path, real: Path) -> None:
        self.folder, self.real = folder, real
        folder.mkdir()
        self.mend()

    def mend(self) -> None:
        """Every program is the real one again."""
        for program in self.real.iterdir():
            link = self.folder / program.name
            link.unlink(missing_ok=True)
            link.symlink_to(program)

    def dump(self, *script: str, size: int = 200_000) -> None:
        """A dump program that passes `size` bytes on and then does what the script says."""
        path = self.folder / "mariadb-dump"
        path.unlink()
        head = HEAD.format(real=str(self.real / "mariadb-dump"))
        path.write_text(head + PASS.format(size=size) + "\n".join(script) + "\n")
        path.chmod(0o755)

    def slow_dump(self, seconds: float) -> None:
        """A dump that pauses in mid stream."""
        self.dump(f"time.sleep({seconds})", REST)
