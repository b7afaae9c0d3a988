"""Draws, chunks, folding, storing, resuming."""
