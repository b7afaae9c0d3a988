"""Processes simulated: stocks, flows and delays as loops over time on batches of draws."""
