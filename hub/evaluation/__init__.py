"""The evaluator's desk."""
