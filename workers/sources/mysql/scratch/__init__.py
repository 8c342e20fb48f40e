"""A scratch server: one that Canvasback starts itself, in an empty folder, and ends itself; never one that it found. Floor: tools.

Logs are replayed and backups are tried here and nowhere else: a logged `TRUNCATE community.posts` means the live table on any
server that has one. It listens on a socket in its own folder only, and everything in it is gone when it ends.
"""
