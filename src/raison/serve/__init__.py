"""The server: a model file in an editor, its live page beside it, on the user's own machine.

It opens one file and knows its folder, answers only pages that it sent itself, and solves in processes of
their own, so that what takes long neither blocks a page nor outlives a cancelled wish.
"""
