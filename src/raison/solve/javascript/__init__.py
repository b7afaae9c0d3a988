"""A model and its solution printed as JavaScript, for the live report."""
