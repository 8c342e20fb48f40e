"""Faults at random, from a seed: what a kind of fault does to the product, and the oracle that judges it."""
