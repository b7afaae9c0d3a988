"""Pictures that stand alone: SVG and PNG, light and dark, of what a report shows."""

from raison.show.pictures.sheet import Picture as Picture
