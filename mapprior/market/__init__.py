"""Countries and the law that holds in them, as data, with the one module that reads it."""
