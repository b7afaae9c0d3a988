"""Processes as a file has them: stocks, flows and delays that feed formulas; plain Python, no arrays."""
