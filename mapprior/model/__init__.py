"""The nouns: links, lanes, limits, zones, poses, ids, the grid, the network. Frozen; no I/O, no clock."""
