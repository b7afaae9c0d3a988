"""A model printed as JavaScript, for the live report."""
