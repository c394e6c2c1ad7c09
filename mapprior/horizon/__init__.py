"""The heart: path tree, spans, update, session. No I/O, no clock, no protobuf."""
