"""Model to bytes to disk and back: codec, tile format, archive, manifest, store, loader."""
