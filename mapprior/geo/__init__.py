"""Numbers only: units, local frame, polylines. Does not know what a road is."""
