"""Feeds tiles, clock and overlay into a session, asynchronously and synchronously."""
