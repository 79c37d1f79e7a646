"""Streets from files and from Overpass, and back into files."""
