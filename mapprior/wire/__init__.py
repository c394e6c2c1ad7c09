"""Model to `mapprior.v1` and back, by splicing where bytes exist already."""
