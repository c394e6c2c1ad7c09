"""The heart: path tree, spans, update, session, reconstructor. No I/O, no clock, no protobuf."""
