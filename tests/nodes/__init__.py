"""pytest-celery's nodes, clusters and setup over local processes: what the system tests stand on.

`CANVASBACK_NODES=docker` uses the plugin's own fixtures, over containers, instead; that was not run where there is no Docker.
"""
