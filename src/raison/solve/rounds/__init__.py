"""A game that is played again, with state carried over: its worth on a grid, and play forward."""
