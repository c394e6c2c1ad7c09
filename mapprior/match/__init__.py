"""Where on the network a pose or a trace lies, and routes over it. Knows nothing of horizons or tiles on disk."""
