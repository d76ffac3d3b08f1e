"""Names of the closed lists of the room, in the reader's language."""

from flask_babel import lazy_gettext as _

KINDS = {
    "association": _("Associazione"),
    "informal_group": _("Gruppo informale"),
    "third_sector": _("Ente del Terzo settore"),
    "social_cooperative": _("Cooperativa sociale"),
    "startup": _("Startup"),
    "company": _("Impresa"),
    "public_body": _("Ente pubblico"),
}
STATES = {
    "pending": _("In attesa di verifica"),
    "verified": _("Verificata"),
    "refused": _("Non verificata"),
    "closed": _("Chiusa"),
}
LOOKS = {"pending": "waiting", "verified": "done", "refused": "refused", "closed": "draft"}
ROLES = {
    "legal_rep": _("Legale rappresentante"),
    "editor": _("Persona delegata"),
    "member": _("Membro"),
}
REFERENT = _("Referente")  # an informal group has nobody who represents it in law
# What happened, by the line of the history: a change of state, or one of rules.EVENTS.
HAPPENED = {
    ("", "pending"): _("Registrata"),
    ("refused", "pending"): _("Inviata di nuovo"),
    ("verified", "pending"): _("Dati cambiati, da verificare di nuovo"),
    ("pending", "verified"): _("Verificata"),
    ("pending", "refused"): _("Non verificata"),
    ("pending", "closed"): _("Chiusa"),
    ("refused", "closed"): _("Chiusa"),
    ("verified", "closed"): _("Chiusa"),
    "representative": _("Cambia chi la rappresenta"),
    "implementer": _("Segnata come ente attuatore"),
    "not_implementer": _("Non è più ente attuatore"),
}
ROLES_TOLD = {
    "editor": _("Modifica i dati dell'organizzazione, invita membri e agisce per suo conto: per esempio prenota uno spazio."),
    "member": _("Fa parte dell'organizzazione e vede chi ne fa parte. Non agisce per suo conto."),
}
# Why the link of an invitation opens nothing.
INVITATION_ENDS = {
    "unknown": _("Questo invito non c'è. Se ne hai ricevuti più di uno, apri il link del più recente."),
    "expired": _("Questo invito è scaduto. Chiedine uno nuovo a chi te l'ha mandato."),
    "accepted": _("Questo invito è già stato accettato."),
    "declined": _("Questo invito è stato rifiutato. Se hai cambiato idea, chiedine uno nuovo."),
    "revoked": _("Chi ti aveva invitato ha revocato l'invito."),
}


def role_words(role: str, kind: str) -> str:
    """What somebody is in an organisation of this kind."""
    return str(REFERENT if (role, kind) == ("legal_rep", "informal_group") else ROLES[role])
