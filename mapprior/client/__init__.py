"""The gRPC client a user imports: `from mapprior.client import HorizonClient`."""

from mapprior.client.channel import ClientTls
from mapprior.client.drive import Drive, Traffic
from mapprior.client.horizon_client import HorizonClient

__all__ = ["ClientTls", "Drive", "HorizonClient", "Traffic"]
