"""The source `restic`: one folder, kept by restic in a repository of its own in each required store."""
