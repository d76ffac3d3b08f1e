"""Families: who takes part, children among them; who answers for a child, and what was consented to."""
