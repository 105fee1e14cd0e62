"""What measured a part: our own number, and the libraries whose versions may change a figure; loads none of them."""

from importlib.metadata import version

ENGINE = " ".join(
    ["guildmark-part/5", *(f"{name} {version(name)}" for name in ("cadquery-ocp-novtk", "numpy", "shapely"))]
)
"""Changes whenever the same file might measure differently."""
