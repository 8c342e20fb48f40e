"""The source `borg`: one folder, kept by BorgBackup in a repository of its own in one local store."""
