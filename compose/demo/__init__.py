"""The demo: the main job on real servers and real data, before your eyes."""
