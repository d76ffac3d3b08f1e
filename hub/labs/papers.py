"""What a session looks like outside the portal: where it is, in words, and an entry for a calendar."""

from hub.booking.papers import ADDRESS
from hub.ical import Entry
from hub.labs.models import Session


def where(session: Session) -> dict[str, str]:
    """Where it is, in both languages: its spaces, or a place outside the hub; {} where nobody knows yet."""
    names = [one.space.name for one in session.standing]
    if not names:
        return {"it": session.place} if session.place else {}
    return {language: ", ".join(name.get(language) or name["it"] for name in names) for language in ADDRESS}


def calendar_entry(session: Session, language: str, status: str = "CONFIRMED") -> Entry:
    """A session for a calendar, in a language; status is CONFIRMED or CANCELLED. The URL is a path of the portal."""
    activity = session.activity
    title = activity.title.get(language) or activity.title["it"]
    named = session.title.get(language) or session.title.get("it")
    place = where(session).get(language) or where(session).get("it", "")
    return Entry(
        uid=session.ical_uid,
        sequence=session.sequence,
        starts=session.starts_at,
        ends=session.ends_at,
        changed=session.updated_at,
        summary=f"{title}: {named}" if named else title,
        location=f"{place}, {ADDRESS[language]}" if session.standing else place,
        description=activity.summary.get(language) or activity.summary.get("it", ""),
        status=status,
        url=f"/attivita/{activity.slug}",
    )
