"""The outbox: notices are rows written with the fact that they tell, sent by the worker, read in the personal area."""
