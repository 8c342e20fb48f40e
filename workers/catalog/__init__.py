"""What backups exist: manifests, the index over them, and the ledger of runs. Anything but the manifests can be rebuilt."""
