"""The RDB, Redis's own format of a snapshot, read while it goes by. Floor: tools.

Magic and version, auxiliary fields, then for each database a header and its keys, then the byte 0xFF and a CRC-64 of all before it.
Source of the numbers: `rdb.h` and `rdb.c` of Redis 7.0, tried on what Redis 6.2 and 7.0 write; types 24 and 25 are Redis 7.4's.
"""
