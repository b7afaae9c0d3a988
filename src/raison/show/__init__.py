"""Terminal and report: they show and compute nothing."""
