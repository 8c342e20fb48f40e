"""The source `files`: folders, read into packs beside an index, and put back from them. Floor: tools."""
