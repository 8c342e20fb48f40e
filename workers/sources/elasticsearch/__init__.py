"""The source `elasticsearch`: indices of one cluster, taken by its snapshot API and restored by it, proven file by file. Floor: tools."""
