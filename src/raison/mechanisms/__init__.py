"""Mechanisms that ship with raison: parts of arguments, each a model file that others include under a prefix."""
