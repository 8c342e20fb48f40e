"""Source `mysql`: MySQL 8.0 to 9.x and MariaDB 10.6 and later, read in one snapshot and written back. Floor: tools."""
