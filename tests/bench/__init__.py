"""Benchmarks: `make bench` prints one JSON line per case, as ratios against a reference in the same run."""
