"""Generated from `protos/`; do not edit. `make protos` makes it anew."""
