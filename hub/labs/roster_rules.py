"""A list of those whom an organisation enrols, on plain values: its columns, what each may hold, and what is wrong row by row."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import NamedTuple

from hub.families.rules import is_minor, must_be_born
from hub.labs.rules import Asked, checked_answers
from hub.refusal import Refusal, Refusals, refusals

# What the columns may be called in a file, besides their codes: in both languages, without accents and signs.
NAMES = {
    "given_name": ("nome", "first name", "given name"),
    "family_name": ("cognome", "last name", "family name", "surname"),
    "birth_date": ("data di nascita", "nascita", "date of birth", "birth date"),
    "gender": ("genere", "gender"),
    "resident": ("abita a lecce", "lives in lecce"),
    "guardian": ("chi ne risponde", "genitore", "who answers for the child", "parent or guardian"),
    "email": ("e mail di chi ne risponde", "email di chi ne risponde", "e mail of who answers for the child"),
    "emergency_name": ("chi chiamare in emergenza", "emergency contact", "whom to call in an emergency"),
    "emergency_phone": ("telefono di emergenza", "emergency phone", "phone in an emergency"),
    "participation": ("consenso a partecipare", "consent to take part"),
    "photo": ("consenso a foto e video", "consent to photos and videos"),
    "assessment": ("consenso alla valutazione", "consent to the evaluation"),
    "leave_alone": ("esce senza un adulto", "may leave alone"),
    "note": ("nota sulla salute", "health note"),
    "health": ("consenso alla nota", "consent to the health note"),
}
REQUIRED = ("given_name", "family_name", "birth_date", "guardian", "emergency_name", "emergency_phone", "participation")
PURPOSES = ("photo", "assessment", "leave_alone")  # besides to take part, and to have a note kept
LENGTHS = {"given_name": 80, "family_name": 80, "guardian": 160, "email": 254, "emergency_name": 160, "emergency_phone": 30}
NOTE_MOST = 1000
MOST_OF_ONE_ADDRESS = 6  # children of one adult in one list
YES = ("si", "s", "x", "1", "vero", "true", "yes", "y")
NO = ("", "no", "n", "0", "falso", "false")
GENDERS = {
    **dict.fromkeys(("", "non so", "preferisco non dirlo"), ""),
    **dict.fromkeys(("f", "femmina", "female"), "f"),
    **dict.fromkeys(("m", "maschio", "male"), "m"),
    **dict.fromkeys(("x", "altro", "other"), "x"),
}
PHONE = re.compile(r"\+?[0-9][0-9 ./-]{4,28}")
EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+\.[A-Za-z]{2,}")
DAY = re.compile(r"(?P<day>[0-9]{1,2})[/.\-](?P<month>[0-9]{1,2})[/.\-](?P<year>[0-9]{4})")
ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?:[T ]00:00(?::00)?)?")


class Wrong(NamedTuple):
    """Something that does not pass. row: in the file, 0 of the file as a whole; column: its code, or "" of the whole row;
    written: what is there; why: what would pass."""

    row: int
    column: str
    written: str
    why: Refusal


@dataclass(frozen=True)
class Line:
    """One who is to be enrolled, as the list says. row: in the file; yes: the purposes of PURPOSES that are consented to."""

    row: int
    given_name: str
    family_name: str
    birth_date: date
    gender: str
    resident: bool
    guardian: str
    email: str
    emergency_name: str
    emergency_phone: str
    yes: tuple[str, ...]
    note: str
    answers: dict[str, object] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, date]:
        """Who it is, however it is spelt."""
        return self.of(self.given_name, self.family_name, self.birth_date)

    @staticmethod
    def of(given_name: str, family_name: str, born: date) -> tuple[str, str, date]:
        return plain(given_name), plain(family_name), born

    @property
    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"birth_date": self.birth_date.isoformat()}

    @classmethod
    def from_json(cls, told: Mapping[str, object]) -> "Line":
        return cls(**told | {"birth_date": date.fromisoformat(told["birth_date"]), "yes": tuple(told["yes"])})


class Terms(NamedTuple):
    """What a list is looked at with: today; what the activity asks; whether it takes notes on health."""

    today: date
    asked: Sequence[Asked]
    asks_health: bool


def plain(text: str) -> str:
    """A text without case, accents, signs and spaces more than one, to compare it."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign if sign.isalnum() else " " for sign in decomposed if not unicodedata.combining(sign))
    return " ".join(letters.split())


# --- the header


def columns_of(header: Sequence[str], asked: Iterable[Asked]) -> list[str]:
    """The code of each column of a header: of NAMES, "question_ID", or "" of one without a name. Raises Refusal (several)."""
    known = {plain(name): code for code, names in NAMES.items() for name in (code, *names)}
    known |= {plain(words): f"question_{one.id}" for one in asked for words in one.words.values()}
    known |= {plain(f"question_{one.id}"): f"question_{one.id}" for one in asked}
    codes = [known.get(plain(name), "" if not name else None) for name in header]
    wrong = [_unknown(name) for name, code in zip(header, codes, strict=True) if code is None]
    wrong += [_double(name) for number, name in enumerate(header) if codes[number] and codes[number] in codes[:number]]
    wrong += [_missing(code) for code in REQUIRED if code not in codes]
    wrong += [_missing(f"question_{one.id}", one.words) for one in asked if one.required and f"question_{one.id}" not in codes]
    if wrong:
        raise wrong[0] if len(wrong) == 1 else Refusals(*wrong)
    return [code or "" for code in codes]


def _unknown(name: str) -> Refusal:
    return Refusal("La colonna «%(name)s» non c'è nel modello: toglila.", name=name[:80], field="file", rule="column-unknown")


def _double(name: str) -> Refusal:
    return Refusal("La colonna «%(name)s» c'è due volte.", name=name[:80], field="file", rule="column-twice")


def _missing(code: str, words: Mapping[str, str] | None = None) -> Refusal:
    name = words if words is not None else NAMES[code][0].capitalize()
    return Refusal("Manca la colonna «%(name)s»: usa il modello.", name=name, field="file", rule="column-missing")


# --- a row


def read_row(row: int, cells: Mapping[str, object], terms: Terms) -> tuple[Line | None, list[Wrong]]:
    """One row, by the codes of its columns: the line that it says, or all that is wrong with it.

    cells: text, a date, or a text that is a formula.
    """
    wrong: list[Wrong] = []

    def checked(code: str, check: Callable[[object], object]) -> object:
        try:
            return check(cells.get(code, ""))
        except Refusal as refusal:
            wrong.append(Wrong(row, code, _shown(cells.get(code, "")), refusal))
            return None

    for code, cell in cells.items():
        if type(cell) is not str and isinstance(cell, str):
            wrong.append(Wrong(row, code, _shown(cell), _formula()))
    if wrong:
        return None, wrong
    said = {code: checked(code, _text(code)) for code in ("given_name", "family_name", "emergency_name")}
    said["birth_date"] = born = checked("birth_date", lambda cell: _birth(cell, terms.today))
    said["gender"] = checked("gender", _gender)
    said["resident"] = checked("resident", _yes)
    minor = born is None or is_minor(born, terms.today)
    said["guardian"] = checked("guardian", _text("guardian", required=minor))
    said["email"] = checked("email", lambda cell: _email(cell, minor))
    said["emergency_phone"] = checked("emergency_phone", _phone)
    checked("participation", _must_take_part)
    agreed = {purpose: checked(purpose, _yes) for purpose in PURPOSES}
    said["note"] = checked("note", lambda cell: _note(cell, terms.asks_health))
    checked("health", lambda cell: _must_agree_to_note(_yes(cell), bool(said["note"])))
    given = {str(one.id): checked(f"question_{one.id}", _yes if one.kind == "consent" else _plainly) for one in terms.asked}
    told = {one.column for one in wrong}
    for refusal in refusals(lambda: said.update(answers=checked_answers(terms.asked, given))):
        if refusal.field not in told:
            wrong.append(Wrong(row, refusal.field, _shown(cells.get(refusal.field, "")), refusal))
    if wrong:
        return None, wrong
    return Line(row=row, yes=tuple(purpose for purpose in PURPOSES if agreed[purpose]), **said), []


def twins(lines: Iterable[Line]) -> list[Wrong]:
    """Those who stand twice in a list, and addresses that stand too often."""
    first: dict[tuple, int] = {}
    addresses: dict[str, int] = {}
    wrong = []
    for line in lines:
        if (there := first.setdefault(line.key, line.row)) != line.row:
            twice = Refusal("È già alla riga %(row)s: lascialo una volta sola.", row=there, rule="row-twice")
            wrong.append(Wrong(line.row, "", f"{line.given_name} {line.family_name}", twice))
        if line.email:
            addresses[line.email.casefold()] = addresses.get(line.email.casefold(), 0) + 1
            if addresses[line.email.casefold()] == MOST_OF_ONE_ADDRESS + 1:
                wrong.append(Wrong(line.row, "email", line.email, _too_often()))
    return wrong


def _too_often() -> Refusal:
    return Refusal(
        "Lo stesso indirizzo è scritto per più di %(most)s persone: controlla che sia di chi ne risponde.",
        most=MOST_OF_ONE_ADDRESS,
        rule="address-often",
    )


# --- cells


def _shown(cell: object) -> str:
    return (f"{cell:%d/%m/%Y}" if isinstance(cell, date) else str(cell))[:80]


def _formula() -> Refusal:
    return Refusal("È una formula: scrivi il valore, senza segni = + - @ davanti.", rule="formula")


def _text(code: str, *, required: bool = True) -> Callable[[object], str]:
    def check(cell: object) -> str:
        text = _shown(cell) if isinstance(cell, date) else " ".join(str(cell).split())
        if not text:
            if required:
                raise Refusal("Serve: scrivilo.", rule="required")
            return ""
        if text[0] in "=+-@":
            raise _formula()
        if not any(sign.isalpha() for sign in text) or any(not sign.isprintable() or sign in "<>" for sign in text):
            raise Refusal("Scrivi un nome, con lettere, spazi, apostrofi e trattini.", rule="name")
        if len(text) > LENGTHS[code]:
            raise Refusal("Scrivi al massimo %(most)s caratteri.", most=LENGTHS[code], rule="length")
        return text

    return check


def _birth(cell: object, today: date) -> date:
    born = cell if isinstance(cell, date) else _day_of(str(cell))
    if born is None:
        raise Refusal("Scrivi la data come giorno/mese/anno, per esempio 31/12/2014.", rule="date")
    must_be_born(born, today)
    return born


def _day_of(text: str) -> date | None:
    found = DAY.fullmatch(text) or ISO.fullmatch(text)
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"])) if found else None
    except ValueError:
        return None


def _gender(cell: object) -> str:
    gender = GENDERS.get(plain(str(cell)))
    if gender is None:
        raise Refusal("Scrivi F, M, altro, oppure lascia vuoto.", rule="gender")
    return gender


def _yes(cell: object) -> bool:
    text = plain(str(cell))
    if text not in (*YES, *NO):
        raise Refusal("Scrivi sì oppure no.", rule="yes-no")
    return text in YES


def _must_take_part(cell: object) -> None:
    if not _yes(cell):
        raise Refusal("Senza questo consenso non si iscrive nessuno: scrivi sì, se avete il modulo firmato.", rule="consent")


def _email(cell: object, minor: bool) -> str:
    text = str(cell).strip()
    if text and not minor:
        raise Refusal("È maggiorenne: lascia vuoto, può registrarsi da sé.", rule="of-age")
    if text and (not EMAIL.fullmatch(text) or not text.isascii() or len(text) > LENGTHS["email"] or text[0] in "=+-@"):
        raise Refusal("L'indirizzo non è completo: scrivi per esempio nome@posta.it, oppure lascia vuoto.", rule="email")
    return text


def _phone(cell: object) -> str:
    text = " ".join(str(cell).split())
    if not text:
        raise Refusal("Serve: scrivilo.", rule="required")
    if not PHONE.fullmatch(text):
        raise Refusal("Scrivi solo il numero, per esempio 0832 123456 oppure +39 333 1234567.", rule="phone")
    return text


def _note(cell: object, asks_health: bool) -> str:
    text = str(cell).strip()
    if text and not asks_health:
        raise Refusal("Questa attività non chiede note sulla salute: lascia vuoto.", rule="no-notes")
    if text[:1] in tuple("=+-@"):
        raise _formula()
    if len(text) > NOTE_MOST:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", most=NOTE_MOST, rule="length")
    return text


def _must_agree_to_note(agrees: bool, noted: bool) -> None:
    if noted and not agrees:
        raise Refusal("Per la nota serve il consenso firmato: scrivi sì, oppure togli la nota.", rule="consent")


def _plainly(cell: object) -> str:
    """What is answered to a question of the activity, whose rules look at it later."""
    text = _shown(cell) if isinstance(cell, date) else str(cell)
    if text[:1] in tuple("=+@"):
        raise _formula()
    return text
