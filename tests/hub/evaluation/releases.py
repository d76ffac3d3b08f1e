"""An answer of `impact publish`, as small as can be, and what is published of it without computing."""

from hub.evaluation import figures
from hub.evaluation.models import ImpactRelease

PERIODS = [["tutto", "2023-01-01", "2023-12-31"], ["2023", "2023-01-01", "2023-12-31"]]
WORDS = {"it": "Parole.", "en": "Words."}
NAMES = {
    "OM01": ("h", "sessions", "Ore erogate", "Hours delivered"),
    "OM02": ("n", "trainers", "Formatori e tutor attivi", "Active trainers and tutors"),
    "OM04": ("EUR/h", "persons", "Costo per ora-persona", "Cost per person-hour"),
    "OM05": ("n", "persons", "Partecipanti unici", "Unique participants"),
    "OM06": ("n", "persons", "Minori unici", "Unique minors"),
    "OM13": ("%", "persons", "Tasso di completamento", "Completion rate"),
}


def entry(code: str, unit: str, counts: str, it: str, en: str) -> dict:
    """One indicator as the catalogue tells it."""
    definition = {"numerator": WORDS, "denominator": WORDS, "exclusions": WORDS}
    told = {"code": code, "name": {"it": it, "en": en}, "question": WORDS, "definition": definition, "unit": unit}
    told |= {
        "source_events": ["session.held"],
        "side_files": [],
        "disaggregations": [],
        "sdg_targets": ["4.3"],
        "iris": ["PI4060"],
    }
    told |= {"toc_level": "output", "direct": True, "additive": False, "n_counts": counts, "minimum_n": 1}
    return told | {"small_cells_hidden": True, "limits": WORDS, "version": "1.0"}


def row(code: str, value: float | None, n: int | None = None, *, suppressed: bool = False, **by: str) -> dict:
    """One figure."""
    figures = {"value": value, "numerator": value, "denominator": None, "n": n, "suppressed": suppressed}
    words = "No data: absent costs.csv." if value is None and not suppressed else None
    italian = "Nessun dato: manca costs.csv." if words else None
    return {"code": code, "unit": NAMES[code][0], "by": by, **figures, "note": words, "note_it": italian}


def answer(head: str = "a" * 64, **more: list[dict]) -> dict:
    """Everything of the whole by nothing; by activity and month where it is given, as `OM05_activity=[row, …]`."""
    tables = []
    for code in NAMES:
        whole = [row(code, None)] if code == "OM04" else [row(code, 51, 51)]
        for period, *_days in PERIODS:
            rows = {"": whole} | {by: more.get(f"{code}_{by}", []) for by in ("activity", "month")}
            tables += [{"code": code, "period": period, "by": by, "rows": found} for by, found in rows.items()]
    told = {"log_head": head, "rows": 3, "definitions_version": "1.0", "threshold": 5, "side_files": ["people"]}
    catalogue = [entry(code, *said) for code, said in NAMES.items()]
    return told | {"periods": PERIODS, "catalogue": catalogue, "tables": tables, "refused": []}


def published(**more: list[dict]) -> ImpactRelease:
    """The figures of `answer`, for everybody. Flushes."""
    return figures.store(answer(**more), [])
