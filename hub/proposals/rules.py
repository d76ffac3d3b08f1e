"""Proposals and processes, on plain values: closed lists, times, and what each step asks."""

from hub.refusal import Refusal

PRESETS = ("community_lab", "idea_collection", "neighbourhood_pact")
PROCESS_STATES = ("draft", "published")
SWITCHES = ("submits", "supports", "discusses", "votes", "answers")  # what a phase may be open to

STATES = ("draft", "published", "under_review", "answered", "in_execution", "done", "stopped", "withdrawn", "merged", "split")
SHOWN_STATES = STATES[1:]  # what everybody may read
LIVE_STATES = ("published", "under_review")  # what may still be supported, discussed, merged, split or withdrawn
PLACES = ("none", "hub", "city")
FILE_KINDS = ("pdf", "jpeg", "png", "webp")
LINKS = ("merged_into", "split_from", "evolved_from", "duplicates")
CHANNELS = ("web", "assisted", "paper", "import")

STANCES = ("for", "against", "neutral", "question")
CHOICES = ("agree", "disagree", "pass")
SUPPORT_KINDS = ("support", "endorsement")
MODERATION_REASONS = ("off_topic", "offensive", "personal_data", "illegal", "spam", "duplicate")
MODERATION_STEPS = ("hidden", "restored")
APPEAL_OUTCOMES = ("upheld", "overturned")
REPORT_REASONS = (*MODERATION_REASONS, "other")

ANSWERS = ("accepted", "partly", "rejected", "not_competent", "already_done")  # as impact.acts has them
RESULT_STATES = ("planned", "running", "done", "stopped")
SOURCE_KINDS = ("adopted", "partly", "inspired")
NEWS_KINDS = (
    "published", "edited", "co_author", "withdrawn", "merged", "split", "discussed", "under_review", "answered",
    "result_linked", "result_updated", "hidden", "restored",
)  # fmt: skip
MAIL_EVERY = ("news", "day", "week", "never")  # how often a follower is written to

ASSISTED_ACTS = (  # what an operator helps with
    *("began", "kept", "attached", "detached", "dropped", "discarded", "published", "edited", "withdrew"),
    *("supported", "revoked", "commented", "voted"),
)
SESSION_MINUTES = 30  # the longest that an operator helps somebody in one go
LONGEST_TITLE, LONGEST_TEXT, LONGEST_COMMENT = 120, 8000, 2000


def must_be_open(is_open: bool, what: str) -> None:
    """what: one of SWITCHES."""
    if not is_open:
        raise _CLOSED[what]()


_CLOSED = {
    "submits": lambda: Refusal("Adesso questo processo non raccoglie proposte: guarda le date delle fasi.", rule="submits"),
    "supports": lambda: Refusal("Adesso non si possono sostenere le proposte: guarda le date delle fasi.", rule="supports"),
    "discusses": lambda: Refusal("Adesso la discussione è chiusa: guarda le date delle fasi.", rule="discusses"),
    "votes": lambda: Refusal("Adesso non si vota: guarda le date delle fasi.", rule="votes"),
    "answers": lambda: Refusal("Adesso non è il momento delle risposte: guarda le date delle fasi.", rule="answers"),
}
