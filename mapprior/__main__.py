"""`python -m mapprior`: the command `mapprior`, where its script is not on the path."""

from mapprior.cli.main import app

app(prog_name="mapprior")
