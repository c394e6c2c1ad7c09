"""What a client holds of the horizon, and what it may ask of it: the other end of a session."""
