"""Mechanisms that ship with raison: model files that others include under a prefix."""
