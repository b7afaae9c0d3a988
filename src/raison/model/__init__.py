"""What the analyst wrote: file, formula, distributions, game, argument. Plain Python, no arrays."""
