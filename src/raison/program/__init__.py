"""A Model compiled to arrays and pure functions."""
