"""Organisations: founding, verification, who belongs to them and who acts in their name."""
