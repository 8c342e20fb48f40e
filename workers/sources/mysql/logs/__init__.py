"""The binary logs of a server as a chain of backups: closed files, fetched raw, proven byte by byte, linked without a gap. Floor: tools."""
