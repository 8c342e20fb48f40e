"""Back to a moment: what was logged after a full backup, applied to it on a scratch server and nowhere else. Floor: tools.

The logs are read here, event by event, and only what belongs to the target's database and to the time before the moment is written
into logs of the replay's own, which the scratch server then applies. What a live server is called, holds or does never matters.
"""
