"""Who may answer for whom, from which age to which, and what a family must say, on plain values."""

from datetime import date

from hub.refusal import Refusal

BASES = ("parent", "tutor", "foster")
GENDERS = ("", "f", "m", "x")
INVITED_AS = ("guardian", "own")
# What is consented to, each by itself: to take part, to be in photos, to have one's results used in the evaluation, to go
# home alone, to have a health note kept.
PURPOSES = ("participation", "photo", "assessment", "leave_alone", "health")
ADULT_YEARS = 18
OWN_ENROLMENT_YEARS = 14  # from here on a minor may enrol by themselves, and a guardian confirms
OLDEST_YEARS = 120
MOST_CHILDREN = 12


# --- ages


def years_old(born: date, day: date) -> int:
    """Whole years of age on a day. Who was born on 29 February is a year older on 1 March of the other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_minor(born: date, day: date) -> bool:
    return years_old(born, day) < ADULT_YEARS


def comes_of_age(born: date) -> date:
    """The day on which somebody is eighteen: from its first instant on nobody answers for them."""
    try:
        return born.replace(year=born.year + ADULT_YEARS)
    except ValueError:  # 29 February
        return date(born.year + ADULT_YEARS, 3, 1)


def must_be_born(born: date | None, today: date) -> None:
    """A birth date that somebody alive may have."""
    if born is None or born > today or years_old(born, today) > OLDEST_YEARS:
        raise Refusal("Controlla la data di nascita: giorno, mese e anno.", field="birth_date", rule="born")


def must_be_a_child(born: date, today: date) -> None:
    """Guardians add children; an adult has an account of their own."""
    if not is_minor(born, today):
        raise Refusal(
            "Ha già compiuto %(years)s anni: chi è maggiorenne si registra con il proprio account.",
            field="birth_date",
            rule="of-age",
            years=ADULT_YEARS,
        )


def must_be_grown_up(born: date | None, today: date) -> None:
    """Who answers for a child is of age, where we know when they were born."""
    if born is not None and is_minor(born, today):
        raise Refusal("Può rispondere di un minore solo chi ha compiuto %(years)s anni.", rule="adult", years=ADULT_YEARS)


# --- who answers for whom


def answers(born: date | None, today: date, *, guards: bool, is_own: bool) -> bool:
    """Whether somebody answers for a participant born on a day: as their guardian until they come of age, for oneself from
    then on. Whose birth is unknown has an account of their own, and answers for themselves."""
    if born is not None and is_minor(born, today):
        return guards
    return is_own


def enrols(born: date | None, today: date, *, guards: bool, is_own: bool, is_guarded: bool) -> str:
    """How somebody may enrol a participant: "enrolled" for good, "pending" until a guardian confirms, or "" not at all.

    guards, is_own: what they are to the participant; is_guarded: whether somebody answers for them.
    """
    if answers(born, today, guards=guards, is_own=is_own):
        return "enrolled"
    by_oneself = is_own and is_guarded and years_old(born, today) >= OWN_ENROLMENT_YEARS
    return "pending" if by_oneself else ""


def must_answer(answers: bool) -> None:
    if not answers:
        raise Refusal("Può farlo solo chi risponde di questa persona.", rule="answers")


def must_be_new(known: bool) -> None:
    """A child is added once by the same guardian."""
    if known:
        raise Refusal("L'hai già aggiunto: c'è una scheda con lo stesso nome e la stessa data di nascita.", rule="twin")


def must_not_hoard(children: int) -> None:
    if children >= MOST_CHILDREN:
        raise Refusal(
            "Hai già aggiunto %(most)s minori: per aggiungerne altri scrivi al centro.", rule="many", most=MOST_CHILDREN
        )


def must_not_answer_yet(answers: bool) -> None:
    if answers:
        raise Refusal("Rispondi già di questa persona.", rule="guardian")


def must_keep_its_birth(changes: bool, enrolled: bool) -> None:
    """The age was counted when they enrolled."""
    if changes and enrolled:
        raise Refusal(
            "Ha un'iscrizione in corso, che dipende dall'età: per correggere la data di nascita scrivi al centro.",
            field="birth_date",
            rule="birth-counted",
        )


def must_not_be_left_alone(is_last: bool, enrolled: bool) -> None:
    """Somebody answers for a child as long as they are enrolled."""
    if is_last and enrolled:
        raise Refusal(
            "Sei l'unica persona che ne risponde, e ha iscrizioni in corso: prima ritirale, oppure invita un altro adulto.",
            rule="last-guardian",
        )


def must_stand(stands: bool) -> None:
    """A consent that is taken back, perhaps by another guardian a moment ago."""
    if not stands:
        raise Refusal("Questo consenso nel frattempo è cambiato: guarda com'è adesso.", rule="consent-changed")


def must_end_enrolment(enrolled: bool) -> None:
    """To take part is consented to with each enrolment, and ends with it."""
    if enrolled:
        raise Refusal("Per ritirare questo consenso ritira l'iscrizione.", rule="consent-enrolled")


# --- one's own account


def must_be_old_enough(born: date, today: date) -> None:
    """From which age on a record may have an account."""
    if years_old(born, today) < OWN_ENROLMENT_YEARS:
        raise Refusal("Può avere un proprio account da quando compie %(years)s anni.", rule="young", years=OWN_ENROLMENT_YEARS)


def must_have_come_of_age(born: date | None, today: date) -> None:
    """Until somebody is of age it is their guardians who give them their record, not the hub."""
    if born is not None and is_minor(born, today):
        raise Refusal(
            "È minorenne fino a %(day)s: per ora la scheda la passa chi ne risponde.", rule="minor", day=comes_of_age(born)
        )


def must_be_without_account(has_account: bool) -> None:
    if has_account:
        raise Refusal("Questa scheda ha già un account: la gestisce chi ne è titolare.", rule="account")


def must_be_born_alike(born: date | None, account_born: date | None) -> None:
    """Whoever takes a record over is the one whom it is of, as far as we know their day of birth."""
    if born is not None and account_born is not None and born != account_born:
        raise Refusal(
            "La data di nascita del tuo account non è quella della scheda: entra con l'account della persona invitata.",
            rule="birth-other",
        )


def must_not_be_its_guardian(guards: bool) -> None:
    if guards:
        raise Refusal(
            "Rispondi di questa persona: il link è per lei. Aprilo con il suo account, oppure mandaglielo.", rule="own-guardian"
        )


def must_have_no_other(used: bool) -> None:
    """Two records of one person are not made one: each has its own enrolments."""
    if used:
        raise Refusal("Il tuo account ha già iscrizioni a suo nome: per unire le due schede scrivi al centro.", rule="own-record")
