"""Feed bytes to work zones, work zones onto links, numbered overlay snapshots."""
