"""Which restic is known here. Floor: tools."""

from workers.sources.engine.program import Wanted

# The first whose exit status tells a wrong password, a lock and a missing repository apart (its changelog).
RESTIC = Wanted("restic", "version", (0, 17))
