"""The participation log: what happened, by pseudonym, never changed; the seam to `impact`."""
