"""The orders: what is done, in Celery's words only; no vendor is named here."""
