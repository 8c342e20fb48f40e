"""The source `redis`: one Redis server, taken as an RDB and brought back into a live server or as a file. Floor: tools."""
