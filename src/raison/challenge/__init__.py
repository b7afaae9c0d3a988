"""Challenging a verdict: what carries it, what it hinges on, where it tips, what would change it."""
