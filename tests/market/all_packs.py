"""Every market pack of the package."""

from importlib import resources

from mapprior.market.pack import Pack, load_pack


def all_packs() -> tuple[Pack, ...]:
    """Checked, by market."""
    files = resources.files("mapprior.market").joinpath("packs").iterdir()
    names = sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))
    return tuple(pack for pack in map(load_pack, names) if pack is not None)
