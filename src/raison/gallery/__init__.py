"""Model files that ship with raison, each in a folder that is its citation."""
