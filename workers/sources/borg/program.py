"""Which BorgBackup is known here. Floor: tools."""

from workers.sources.engine.program import Wanted

BORG = Wanted("borg", "--version", (1, 2), (1, 4))  # 2 has other commands and another repository
