"""Source file to tiles; `pipeline.py` is the table of contents."""
