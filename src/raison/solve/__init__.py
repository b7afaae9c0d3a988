"""Equilibrium solvers and their independent checkers."""
