"""What people and passwords must be like, and where a link may lead."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from urllib.parse import quote

from hub.refusal import Refusal

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 128
LONGEST_NEXT = 500
OLDEST_YEARS = 120
FEWEST_LETTERS = 3
_COMMONEST_WORDS = """
    1234567890 0123456789 0987654321 12345678910 123456789a 123456789q 1q2w3e4r5t 1q2w3e4r5t6y qwertyuiop qwertyuiop1
    qwerty12345 qwerty123456 asdfghjkl1 asdfghjklò zxcvbnm123 password10 password12 password123 password1234 passw0rd123
    passwordpassword letmein123 iloveyou123 administrator amministratore admin12345 welcome123 football123 baseball123
    superman123 princess123 sunshine123 trustno1234 changeme123 cambiami123 benvenuto1 benvenuto123 buongiorno ciaociao12
    ciaociao123 ciaociaociao juventus10 juventus1897 forzajuve1 forzainter forzainter1908 forzamilan forzamilan1899
    forzanapoli forzaroma1927 forzalecce forzalecce1908 ferrari123 francesco1 francesco123 alessandro alessandro1
    giuseppe123 andrea12345 antonella1 stellina123 amoremio123 tiamotanto tiamoamore amoreamore principessa napoli1926
    mezzogiorno officinemezzogiorno
"""
COMMONEST = frozenset(_COMMONEST_WORDS.split())


def mailbox(text: str) -> str:
    """An e-mail address as it is kept: lower-case, its domain in ASCII."""
    name, at, domain = text.strip().lower().rpartition("@")
    try:
        return name + at + domain.encode("idna").decode()
    except UnicodeError:
        return name + at + domain


def must_be_strong(password: str, *, email: str, names: Iterable[str]) -> None:
    """Long enough, not among the commonest, and without the person's own name or address in it."""
    low = password.casefold()
    if len(password) < SHORTEST_PASSWORD:
        raise Refusal(
            "La password è troppo corta: servono almeno %(least)s caratteri. Tre o quattro parole a caso vanno bene.",
            field="password",
            rule="password-long",
            least=SHORTEST_PASSWORD,
        )
    if len(password) > LONGEST_PASSWORD:
        raise Refusal(
            "La password è troppo lunga: al massimo %(most)s caratteri.",
            field="password",
            rule="password-long",
            most=LONGEST_PASSWORD,
        )
    if low in COMMONEST or len(set(low)) < 4:
        raise Refusal(
            "Questa password è tra le più usate e si indovina subito: scegline un'altra.",
            field="password",
            rule="password-common",
        )
    own = {email.casefold(), email.partition("@")[0].casefold(), *(name.casefold() for name in names)}
    if any(len(word) >= 4 and word in low for word in own):
        raise Refusal(
            "La password non può contenere il tuo nome o il tuo indirizzo e-mail: scegline un'altra.",
            field="password",
            rule="password-own",
        )


def must_match(matches: bool) -> None:
    """One answer for a wrong password and for an address that nobody has: it must not tell who has an account."""
    if not matches:
        raise Refusal("E-mail o password non corrispondono. Controllale e riprova.", rule="credentials")


def must_be_confirmed(confirmed_at: datetime | None) -> None:
    if confirmed_at is None:
        raise Refusal(
            "Prima di entrare conferma il tuo indirizzo: ti abbiamo mandato un'e-mail con il link da aprire.",
            rule="confirmed",
        )


def is_open(expires_at: datetime, used_at: datetime | None, at: datetime) -> bool:
    """A link of ours works once, until it expires."""
    return used_at is None and at < expires_at


def must_work(works: bool) -> None:
    if not works:
        raise Refusal("Questo link è scaduto o è già stato usato. Chiedine uno nuovo.", rule="link-open")


def must_be_signed_in(signed_in: bool) -> None:
    if not signed_in:
        raise Refusal("Il tuo accesso è scaduto o è stato chiuso: entra di nuovo.", rule="signed-in")


def must_be_another_address(new: str, old: str) -> None:
    if new == old:
        raise Refusal("È già l'indirizzo del tuo account: scrivine un altro.", field="email", rule="address-other")


def must_be_nobodys(free: bool) -> None:
    """Said to whoever opened both links: until then nobody is told who has an account."""
    if not free:
        raise Refusal(
            "Nel frattempo questo indirizzo è diventato quello di un altro account: il tuo resta com'era.", rule="address-taken"
        )


def must_open(right: bool) -> None:
    """The code of a second factor."""
    if not right:
        raise Refusal(
            "Il codice non è giusto, oppure è già stato usato. Aspetta che l'app ne mostri uno nuovo e riprova.",
            field="code",
            rule="code-right",
        )


def must_be_off(off: bool) -> None:
    if not off:
        raise Refusal("Il secondo fattore è già attivo.", rule="second-factor-off")


def must_be_on(on: bool) -> None:
    if not on:
        raise Refusal("Il secondo fattore non è attivo.", rule="second-factor-on")


def must_be_readable(readable: bool) -> None:
    """The secret of an authenticator, which another SECRET_KEY does not open."""
    if not readable:
        raise Refusal(
            "Il secondo fattore di questo account va configurato da capo: scrivi a chi amministra il portale.",
            rule="second-factor-readable",
        )


def must_be_findable(text: str) -> None:
    """Whom an administrator looks for: with fewer letters the answer would be a list of everybody."""
    if len(text) < FEWEST_LETTERS:
        raise Refusal("Scrivi almeno %(least)s lettere.", field="cerca", rule="search-long", least=FEWEST_LETTERS)


def must_have_registered(confirmed: bool) -> None:
    if not confirmed:
        raise Refusal("Chi riceve un ruolo deve prima confermare il suo indirizzo e-mail.", rule="role-confirmed")


def must_be_somebody_else(person_id: int, by_id: int | None) -> None:
    """An administrator does not take their own role away, nor open their own account by the staff's way."""
    if person_id == by_id:
        raise Refusal("Sul tuo account questo non lo puoi fare: chiedi a un altro amministratore.", rule="role-own")


def must_leave_an_administrator(others: int) -> None:
    if not others:
        raise Refusal("È l'unico amministratore: prima dai questo ruolo a qualcun altro.", field="role", rule="role-last")


def must_stay_apart(role: str, held: Iterable[str]) -> None:
    """Nobody both manages and evaluates."""
    if {"manager", "evaluator"} <= {role, *held}:
        raise Refusal(
            "Chi gestisce il centro non può anche valutarlo: togli prima l'altro ruolo.", field="role", rule="manager-evaluator"
        )


def must_not_judge_itself(apart: bool) -> None:
    """Nobody of an organisation that carries out the activities evaluates them."""
    if not apart:
        raise Refusal(
            "Questa persona fa parte di un'organizzazione che realizza le attività: non può anche valutarle.",
            field="role",
            rule="evaluator-apart",
        )


def device(user_agent: str | None) -> tuple[str, str]:
    """The browser and the system that a browser says it is, by their usual names; "" for what it does not tell."""
    told = user_agent or ""
    browser = next((name for sign, name in BROWSERS if sign in told), "")
    return browser, next((name for sign, name in SYSTEMS if sign in told), "")


# In this order: each of these also calls itself what stands below it.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def must_be_born(birth_date: date | None, today: date) -> None:
    """A day of birth, where one is told, that can be."""
    if birth_date and not (today.year - OLDEST_YEARS <= birth_date.year and birth_date <= today):
        raise Refusal("Controlla l'anno della data di nascita.", field="birth_date", rule="birth")


def must_leave_groups_whole(whole: bool) -> None:
    """A date of birth changes nothing that an informal group counts on."""
    if not whole:
        raise Refusal(
            "Con questa data un gruppo informale di cui fai parte non avrebbe più due persone maggiorenni: scrivici.",
            field="birth_date",
            rule="two-adults",
        )


def must_hold_no_role(roles: Iterable[str]) -> None:
    """Somebody of the staff hands over before they leave."""
    if roles:
        raise Refusal(
            "Hai ancora un ruolo nel personale: chiedi all'amministratore di toglierlo, poi torna qui.", rule="still-staff"
        )


def must_be_oneself(is_sure: bool, field: str = "password") -> None:
    """Before what cannot be undone: the password once more, or a digital identity used just now."""
    if not is_sure:
        raise Refusal("La password non è giusta. Controllala e riprova.", field=field, rule="password")


def safe_next(url: str | None, default: str = "/") -> str:
    """This address where it is a page of this portal (a local path, with its query), else the default. Always ASCII.

    What a browser may read as another site is refused: //evil.it, /\\evil.it, https:evil.it, /.//evil.it, and anything
    with a control character, since browsers drop tabs and newlines; so are those signs written as %5c or %2f in its path.
    """
    if not url or not url.startswith("/") or "\\" in url or not url.isprintable():
        return default
    path = re.split("[?#]", url, maxsplit=1)[0]
    quoted = quote(url, safe="/?&=%+:;,@!$'()*~[]#")
    return default if LEADS_AWAY.search(path) or len(quoted) > LONGEST_NEXT else quoted


LEADS_AWAY = re.compile(r"//|%(?:[01][0-9a-f]|2f|5c|7f)", re.IGNORECASE)
