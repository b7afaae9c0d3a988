"""The live page: what a report carries so that it can be played with in a browser."""
