"""How fast and how large: raison beside its peers, in one run."""
