"""What restic and BorgBackup have in common: a folder, a repository elsewhere, and a program that knows both."""
