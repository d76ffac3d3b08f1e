"""What the notice on privacy says: for what, which data, by which law, until when; and the cookies, by name.

The periods are those of the code, which deletes by itself.
"""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from hub.accounts.service import KEPT_DAYS
from hub.booking.rules import DRAFT_DAYS
from hub.notices.service import PRIVATE_DAYS
from hub.organisations.inviting import KEPT_DAYS as INVITATION_DAYS
from hub.pages.service import ADDRESS_KEPT_DAYS

PUBLIC_TASK = _("Compito di interesse pubblico (art. 6, par. 1, lett. e del GDPR)")
LEGAL_DUTY = _("Obbligo di legge (art. 6, par. 1, lett. c del GDPR)")


@dataclass(frozen=True)
class Purpose:
    """One purpose of processing: which data it takes, the legal basis, and how long they are kept."""

    words: str
    data: str
    basis: str
    kept: str


PURPOSES = (
    Purpose(
        _("Darti un account e riconoscerti quando entri"),
        _("Nome, cognome, e-mail, telefono se lo scrivi, lingua, data di nascita se serve a un gruppo, un'impronta della "
          "password da cui non si risale alla password; gli accessi aperti e con quale programma; se entri con un'identità "
          "digitale, anche il codice fiscale e il livello"),
        PUBLIC_TASK,
        _("Finché hai l'account. Un accesso dura al massimo mezza giornata. Un account mai confermato e i link scaduti si "
          "cancellano dopo %(days)s giorni.", days=KEPT_DAYS),
    ),
    Purpose(
        _("Gestire le prenotazioni degli spazi"),
        _("Spazio, orario, titolo e tipo di attività, numero di persone, telefono e altre informazioni se le scrivi, le "
          "decisioni del gestore e quando"),
        PUBLIC_TASK,
        _("Le bozze si cancellano dopo %(days)s giorni. Le prenotazioni inviate restano, perché sono atti del centro; se "
          "cancelli i tuoi dati restano senza il tuo nome.", days=DRAFT_DAYS),
    ),
    Purpose(
        _("Farti partecipare alle decisioni: proposte, sostegni, voti, commenti"),
        _("Quello che proponi e scrivi, e se vuoi il tuo nome accanto; che cosa sostieni e voti, che nessuno vede; per trenta "
          "giorni un'impronta della rete e del programma da cui sostieni, per accorgerci degli abusi. Allo sportello: nome, "
          "un'impronta del codice fiscale, dove e quando, chi ti ha aiutato"),
        PUBLIC_TASK,
        _("Quello che è pubblicato resta, perché altri lo hanno letto e contato; se cancelli i tuoi dati resta senza il tuo "
          "nome. Bozze e commenti si cancellano."),
    ),
    Purpose(
        _("Scriverti quello che riguarda le tue richieste"),
        _("E-mail e testo dei messaggi, che trovi anche nell'area personale"),
        PUBLIC_TASK,
        _("Finché hai l'account. I messaggi con link personali si cancellano %(days)s giorni dopo l'invio.", days=PRIVATE_DAYS),
    ),
    Purpose(
        _("Registrare le organizzazioni e chi può agire a loro nome"),
        _("Nome, codice fiscale, recapiti dell'organizzazione; chi ne fa parte e con quale ruolo; gli indirizzi invitati"),
        PUBLIC_TASK,
        _("Finché l'organizzazione è registrata; la storia di chi ha agito a suo nome resta, perché spiega gli atti. Gli inviti "
          "si cancellano dopo %(days)s giorni da quando sono finiti.", days=INVITATION_DAYS),
    ),
    Purpose(
        _("Rispondere alle segnalazioni di disservizio"),
        _("Quello che scrivi, e l'e-mail solo se la lasci"),
        PUBLIC_TASK,
        _("La segnalazione resta; l'e-mail si cancella %(days)s giorni dopo la chiusura.", days=ADDRESS_KEPT_DAYS),
    ),
    Purpose(
        _("Sapere se le pagine sono chiare"),
        _("Le stelle e il commento, senza sapere di chi sono"),
        PUBLIC_TASK,
        _("Sempre, perché non sono dati personali: per questo ti chiediamo di non scriverne nel commento."),
    ),
    Purpose(
        _("Misurare i risultati del progetto"),
        _("Il registro della partecipazione: che cosa è successo e quando, con un codice casuale al posto del tuo nome"),
        PUBLIC_TASK,
        _("Sempre. Se cancelli i tuoi dati sparisce il legame tra il codice e te: la riga resta, ma non porta più a nessuno."),
    ),
    Purpose(
        _("Controllare il lavoro del personale e proteggere il portale"),
        _("Chi del personale ha aperto i tuoi dati; quante volte si prova a entrare, senza indirizzi leggibili"),
        LEGAL_DUTY,
        _("Il registro delle aperture resta e lo vedi anche tu. I conteggi dei tentativi si cancellano dopo un giorno."),
    ),
)  # fmt: skip
# (setting that holds the name, or the name; what for; how long)
COOKIES = (
    ("SESSION_COOKIE_NAME",
     _("Protegge i moduli: fa sì che nessun altro sito possa inviarli al tuo posto."),
     _("fino alla chiusura del browser")),
    ("SIGN_IN_COOKIE_NAME",
     _("Ti riconosce dopo che sei entrato. C'è solo se entri."),
     _("fino alla chiusura del browser, al massimo mezza giornata")),
    ("lang",
     _("Ricorda la lingua che hai scelto. C'è solo se la scegli."),
     _("un anno")),
)  # fmt: skip
