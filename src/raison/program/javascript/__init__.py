"""The formulas of a model printed as JavaScript; `solve.javascript` adds the game."""
