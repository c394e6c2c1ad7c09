"""The gRPC client a user imports."""
