"""mapprior: an open electronic horizon provider. The map as a sensor that sees beyond the line of sight."""

__version__ = "0.1.0"
