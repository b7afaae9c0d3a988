"""Verdict, premises and explanations: small records."""
