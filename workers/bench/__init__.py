"""Where tools are brought together for one run: only here settings, sources, spool, transforms, stores and catalog meet."""
