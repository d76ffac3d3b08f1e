"""What organisations must be like, who may do what in them, and who may not belong."""

KINDS = (
    "association",
    "informal_group",
    "third_sector",
    "social_cooperative",
    "startup",
    "company",
    "public_body",
)
STATES = ("pending", "verified", "refused", "closed")
ROLES = ("legal_rep", "editor", "member")
ACTING_ROLES = ("legal_rep", "editor")
ANSWERS = ("accepted", "declined", "revoked")
