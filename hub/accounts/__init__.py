"""People: registration, sign-in, roles, the personal area."""
