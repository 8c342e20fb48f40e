"""The hands: how and where things are done. `celery -A workers …` finds the application in `workers.celery`."""

VERSION = "0.1.0"
