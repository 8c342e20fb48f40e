"""Where tools are brought together for one run: the only place that knows settings, sources, spool, transforms, stores and catalog at once."""
