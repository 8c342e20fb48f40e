"""Benchmarks: ours against the naive way, in turn, in one run. Not part of the test suite; `make bench` runs them."""
