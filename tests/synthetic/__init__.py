"""A source without a server, for tests and benchmarks about the way itself: bytes of which every worker knows what they have to be."""
