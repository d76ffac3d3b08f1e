"""What a process begins with: a few whole ones to choose from, which the staff then changes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A phase of a preset. name: in Italian and in English; days: how long it lasts; open_to: of rules.SWITCHES."""

    name: dict[str, str]
    days: int
    open_to: tuple[str, ...]
    supports_most: int | None = None
    hides_counts: bool = False


@dataclass(frozen=True)
class Preset:
    """The terms of a process, and its phases one after the other. The terms are columns of Process by their names."""

    steps: tuple[Step, ...]
    terms: dict[str, int | None]


COLLECTED = {"it": "Raccolta delle proposte", "en": "Collecting proposals"}
ANSWERED = {"it": "Valutazione e risposte", "en": "Review and answers"}
PRESETS = {
    "community_lab": Preset(
        steps=(
            Step(COLLECTED, 30, ("submits", "discusses")),
            Step({"it": "Laboratori e confronto", "en": "Labs and discussion"}, 45, ("submits", "supports", "discusses")),
            Step(ANSWERED, 30, ("discusses", "answers")),
        ),
        terms={"level_least": 0, "edit_hours": 168, "answer_days": 30, "update_days": 60, "proposals_most": None},
    ),
    "idea_collection": Preset(
        steps=(
            Step({"it": "Raccolta delle idee", "en": "Collecting ideas"}, 30, ("submits", "supports", "discusses")),
            Step(ANSWERED, 30, ("answers",)),
        ),
        terms={"level_least": 0, "edit_hours": 48, "answer_days": 30, "update_days": 90, "proposals_most": 5},
    ),
    "neighbourhood_pact": Preset(
        steps=(
            Step(COLLECTED, 45, ("submits", "discusses")),
            Step({"it": "Sostegno", "en": "Support"}, 21, ("supports", "discusses"), supports_most=3, hides_counts=True),
            Step({"it": "Voto", "en": "Vote"}, 14, ("votes",), hides_counts=True),
            Step({"it": "Risposte e patto", "en": "Answers and pact"}, 45, ("answers",)),
        ),
        terms={"level_least": 0, "edit_hours": 48, "answer_days": 45, "update_days": 90, "proposals_most": 3},
    ),
}
