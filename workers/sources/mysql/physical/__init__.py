"""Physical fulls: the files of a whole server, by CLONE on MySQL and by mariadb-backup on MariaDB, and the way back to one. Floor: tools.

Both come as pieces of files, in segments that are archives of their own (`pieces`). A backup is proven by a server: MySQL's copy is
started before it is sealed, and every restore starts what it unpacked, in private, before it hands it over.
"""
