"""How much of the hub one may have, on plain values: quotas, shares of the busy hours, and who comes first."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from hub.refusal import Refusal
from hub.spaces.rules import ROME, Slot, at_minute

# who does not wait while residents come first: those who live here, and what is there for them
LOCALS = ("resident", "ets", "school", "public", "patronage")


def apart(slots: Iterable[Slot]) -> list[Slot]:
    """The same stretches in order, those that touch or overlap made one."""
    found: list[Slot] = []
    for slot in sorted(slots):
        if found and slot.starts <= found[-1].ends:
            found[-1] = Slot(found[-1].starts, max(found[-1].ends, slot.ends))
        else:
            found.append(slot)
    return found


def shared(slots: Iterable[Slot], others: Collection[Slot]) -> list[Slot]:
    """Where any of the first meets any of the others."""
    pairs = ((one, other) for one in slots for other in others if one.meets(other))
    return [Slot(max(one.starts, other.starts), min(one.ends, other.ends)) for one, other in pairs]


def minutes_of(slots: Iterable[Slot], within: Slot | None = None) -> int:
    """How many minutes they last together, or how many of them fall within a time; what overlaps counts twice."""
    return sum(slot.minutes for slot in (shared(slots, [within]) if within else slots))


def prime(days: Iterable[date], weekdays: Collection[int], begins: int, ends: int) -> list[Slot]:
    """The hours of these days when everybody wants the space: weekdays from 0 Monday, minutes after midnight."""
    return [Slot(at_minute(day, begins), at_minute(day, ends)) for day in days if day.weekday() in weekdays]


def days_of(slot: Slot) -> set[date]:
    """The first and the last day that it touches, on Lecce's calendar: enough to know its weeks, months and years."""
    return {slot.starts.astimezone(ROME).date(), (slot.ends - timedelta(microseconds=1)).astimezone(ROME).date()}


def must_keep_hours(used: int, asked: int, hours: int, when: object, per: str) -> None:
    """A quota of hours in a period. used, asked: minutes; when: the period, as it is told; per: person or organisation."""
    if not asked or used + asked <= hours * 60:
        return
    told = {"when": when, "used": timedelta(minutes=used), "most": timedelta(hours=hours), "asked": timedelta(minutes=asked)}
    told |= {"left": timedelta(minutes=max(hours * 60 - used, 0)), "rule": "quota_hours"}
    if per == "person":
        raise Refusal("Per %(when)s hai già %(used)s su %(most)s: restano %(left)s, e qui chiedi %(asked)s.", **told)
    raise Refusal(
        "Per %(when)s la tua organizzazione ha già %(used)s su %(most)s: restano %(left)s, e qui chiedi %(asked)s.", **told
    )


def must_keep_live(live: int, most: int, per: str) -> None:
    """A quota of bookings that wait or are still to come."""
    if live < most:
        return
    if per == "person":
        raise Refusal(
            "Puoi avere al massimo %(most)s prenotazioni in attesa o confermate, e ne hai già %(live)s:"
            " per farne un'altra aspetta che ne passi una, o annullane una.",
            live=live,
            most=most,
            rule="quota_live",
        )
    raise Refusal(
        "Un'organizzazione può avere al massimo %(most)s prenotazioni in attesa o confermate, e la tua ne ha già %(live)s:"
        " per farne un'altra aspettate che ne passi una, o annullatene una.",
        live=live,
        most=most,
        rule="quota_live",
    )


def must_share(used: int, asked: int, there: int, percent: int, when: object) -> None:
    """The busy hours are everybody's. used, asked, there: minutes of them in the period that is told."""
    most = there * percent // 100
    if asked and used + asked > most:
        raise Refusal(
            "Nelle ore di punta un'organizzazione può avere al massimo il %(percent)s%% del tempo: per %(when)s sono %(most)s."
            " La tua ha già %(used)s: restano %(left)s, e qui chiedi %(asked)s. Fuori dalle ore di punta non c'è questo limite.",
            percent=percent,
            when=when,
            most=timedelta(minutes=most),
            used=timedelta(minutes=used),
            left=timedelta(minutes=max(most - used, 0)),
            asked=timedelta(minutes=asked),
            rule="prime_share",
        )


def must_be_an_organisation(name: str | None) -> None:
    """Some spaces are for associations alone. name: of the verified organisation that is acted for."""
    if name is None:
        raise Refusal(
            "Questo spazio si prenota solo per conto di un'organizzazione verificata: scegli per chi agisci, o registra la tua.",
            rule="association",
        )


def must_leave_to_residents(starts: datetime, now: datetime, days: int, audience: str) -> None:
    """Whoever comes from elsewhere books when the time is near, and residents had theirs to choose."""
    opens = starts - timedelta(days=days)
    if audience not in LOCALS and now < opens:
        raise Refusal(
            "Prima tocca a chi abita a Lecce: per questo giorno puoi prenotare da %(opens)s in poi.",
            opens=opens.astimezone(ROME),
            rule="residents_first",
        )


def must_have_come(missed: Collection[datetime], now: datetime, count: int, days: int) -> None:
    """Whoever left so many bookings unused in so many days books again when the oldest of them is that long ago.

    missed: when those began that nobody came to.
    """
    recent = sorted(at for at in missed if at > now - timedelta(days=days))
    if len(recent) >= count:
        raise Refusal(
            "Negli ultimi %(days)s giorni non sei venuto a %(missed)s prenotazioni, senza annullarle:"
            " puoi prenotare di nuovo da %(again)s.",
            days=days,
            missed=len(recent),
            again=recent[-count] + timedelta(days=days),
            rule="no_show",
        )
