"""Questions that people ask, and the answers: only about what this portal truly does."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from hub.accounts.service import KEPT_DAYS, LINK_HOURS
from hub.booking.rules import DRAFT_DAYS, HOLD_MINUTES, LIVE_HOLDS
from hub.organisations.inviting import LINK_DAYS
from hub.pages.navigation import Way


@dataclass(frozen=True)
class Question:
    """A question. slug: its place on the page; told: the paragraphs of the answer; ways: where to go on."""

    slug: str
    asked: str
    told: tuple[str, ...]
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True)
class Subject:
    """Questions on one subject."""

    slug: str
    name: str
    questions: tuple[Question, ...]


SPACES = Way("spaces.catalogue", _("Vedi gli spazi"))
BOOKINGS = Way("booking.mine", _("Le mie prenotazioni"))
MY_DATA = Way("my_data.my_data", _("I miei dati"))
FAQ = (
    Subject("prenotare", _("Prenotare uno spazio"), (
        Question("chi-puo-prenotare", _("Chi può prenotare?"), (
            _("Chiunque abbia un account con un indirizzo e-mail confermato. Per guardare gli spazi, gli orari liberi e "
              "cominciare una prenotazione non serve nemmeno quello."),
        ), (SPACES,)),
        Question("disposizione", _("Che cos'è la disposizione?"), (
            _("È il modo in cui prepariamo lo spazio: sedie in platea, banchi, cerchio, tavolo unico e così via. Da lei "
              "dipendono quante persone ci stanno e quanto tempo serve per allestire e riordinare."),
        )),
        Question("orari-liberi", _("Perché un orario non compare tra quelli liberi?"), (
            _("Perché lo spazio è chiuso o già preso, perché serve tempo per allestire e riordinare, o perché manca il "
              "preavviso. Se hai bisogno di più posto, guarda anche gli spazi uniti: per prenderli devono essere libere tutte "
              "le loro parti."),
        )),
        Question("posto-tenuto", _("Per quanto tempo il posto resta tenuto mentre compilo?"), (
            _("Da quando entri con il tuo account, %(minutes)s minuti. Puoi tenere così al massimo %(holds)s posti insieme.",
              minutes=HOLD_MINUTES, holds=LIVE_HOLDS),
            _("Se non finisci, il posto torna libero e la bozza resta salvata per %(days)s giorni.", days=DRAFT_DAYS),
        ), (BOOKINGS,)),
        Question("conferma", _("La richiesta inviata è già una conferma?"), (
            _("Dipende dallo spazio. Alcuni si confermano da soli appena invii. Per gli altri decide il gestore: finché non "
              "ricevi la conferma, la prenotazione non vale. La pagina di ogni spazio dice quale dei due è il caso."),
        )),
        Question("rifiuto", _("Il gestore può dire di no?"), (
            _("Sì, ma deve scrivere il motivo, e tu lo leggi. Può anche chiederti di cambiare qualcosa: correggi e invii di "
              "nuovo, senza ricominciare."),
        )),
        Question("annullare", _("Come annullo una prenotazione?"), (
            _("Apri la prenotazione nella tua area personale. Una richiesta in attesa si ritira quando vuoi; una prenotazione "
              "confermata si annulla entro il termine scritto sulla pagina dello spazio. Dopo, scrivi al gestore."),
        ), (BOOKINGS,)),
        Question("calendario", _("Come la metto nel mio calendario?"), (
            _("Nella pagina della prenotazione premi «Aggiungi al calendario»: scarichi un file che si apre con i calendari "
              "del telefono e del computer. Arriva anche con l'e-mail."),
        )),
        Question("gradini", _("Gli spazi sono accessibili a chi usa una carrozzina?"), (
            _("La pagina di ogni spazio dice se ci sono gradini e se c'è l'anello a induzione magnetica per chi porta un "
              "apparecchio acustico. Nell'elenco puoi chiedere di vedere solo gli spazi senza gradini."),
        ), (SPACES,)),
    )),
    Subject("account", _("Account"), (
        Question("registrarsi", _("Come mi registro?"), (
            _("Scrivi nome, cognome, e-mail e una password. Ti mandiamo un link, che vale %(hours)s ore: aprilo e conferma. "
              "Un indirizzo che nessuno conferma si cancella da solo dopo %(days)s giorni.", hours=LINK_HOURS, days=KEPT_DAYS),
        ), (Way("accounts.register", _("Registrati")),)),
        Question("mail-non-arrivata", _("Non ho ricevuto l'e-mail di conferma: che cosa faccio?"), (
            _("Guarda nella posta indesiderata. Se non c'è, chiedine un'altra."),
        ), (Way("accounts.resend", _("Chiedi un nuovo link")),)),
        Question("password", _("Ho dimenticato la password"), (
            _("Scrivi il tuo indirizzo e-mail: ti mandiamo un link per sceglierne una nuova. Quando la cambi, tutti i "
              "dispositivi su cui eri entrato devono entrare di nuovo."),
        ), (Way("accounts.forgotten", _("Scegli una nuova password")),)),
        Question("uscire", _("Per quanto tempo resto dentro?"), (
            _("Al massimo mezza giornata, poi devi entrare di nuovo. Se usi il computer di altri, premi «Esci» in alto nella "
              "pagina."),
        )),
    )),
    Subject("organizzazioni", _("Organizzazioni"), (
        Question("per-conto", _("Posso prenotare per la mia associazione?"), (
            _("Sì, se l'associazione è registrata, un gestore l'ha verificata e tu puoi agire a suo nome. Quando agisci per "
              "un'organizzazione il suo nome è scritto in alto, accanto al tuo, e resta scritto su ogni cosa che fai."),
        ), (Way("organisations.mine", _("Le mie organizzazioni")),)),
        Question("gruppo-informale", _("Siamo un gruppo di amici, senza statuto: possiamo registrarci?"), (
            _("Sì, come gruppo informale. Non serve un codice fiscale, ma servono almeno due persone maggiorenni."),
        ), (Way("organisations.found", _("Registra un'organizzazione")),)),
        Question("invitare", _("Come faccio entrare altre persone nella mia organizzazione?"), (
            _("Mandi un invito al loro indirizzo e-mail. Chi lo riceve ha %(days)s giorni per accettarlo o rifiutarlo.",
              days=LINK_DAYS),
        )),
        Question("verifica", _("Chi verifica le organizzazioni, e perché?"), (
            _("Un gestore del centro, che non ne fa parte. Così chi legge il nome di un'organizzazione su una prenotazione sa "
              "che è davvero lei."),
        )),
    )),
    Subject("partecipare", _("Proposte e partecipazione"), (
        Question("chi-propone", _("Chi può presentare una proposta?"), (
            _("Chiunque abbia un account, da solo, con altri autori o per un'organizzazione verificata, mentre un processo "
              "raccoglie proposte."),
        ), (Way("processes.processes", _("Vedi i processi")),)),
        Question("chi-vede", _("Si vede che cosa sostengo o voto?"), (
            _("No. Di una proposta si legge quante persone la sostengono, mai quali; in alcune fasi nemmeno quante, finché la "
              "fase non finisce. Le organizzazioni che la appoggiano invece sono scritte per nome, e non contano come persone."),
        )),
        Question("senza-account", _("Non uso internet: posso partecipare?"), (
            _("Sì, allo sportello: un operatore fa quello che gli dici, per mezz'ora al massimo. Alla fine ti dà una ricevuta "
              "con un codice; se un giorno apri un account, con il codice ritrovi tutto."),
        ), (Way("claim.receipt", _("Ho una ricevuta")),)),
        Question("che-fine", _("Che fine fa una proposta?"), (
            _("Riceve una risposta motivata. Quello che si realizza è raccontato passo per passo sulla sua pagina, e chi la "
              "segue riceve le notizie. Se la risposta tarda, la proposta compare tra quelle in attesa."),
        ), (Way("proposal_list.proposals", _("Vedi le proposte")),)),
    )),
    Subject("privacy", _("Dati personali"), (
        Question("quali-dati", _("Che cosa tenete di me?"), (
            _("Lo vedi tutto nell'area personale, alla voce «I miei dati»: puoi correggerlo, scaricarlo e vedere chi del "
              "personale lo ha aperto."),
        ), (MY_DATA, Way("pages.privacy", _("Informativa privacy")))),
        Question("registro", _("Che cos'è il registro della partecipazione?"), (
            _("È l'elenco di quello che succede nel centro, per esempio «uno spazio è stato prenotato per due ore». Serve a "
              "chi valuta i risultati del progetto. Al posto delle persone ci sono codici casuali, e ogni riga è sigillata: "
              "nessuno, nemmeno il gestore, può cambiarla o toglierla senza che si veda."),
        )),
        Question("cancellarsi", _("Posso farmi cancellare?"), (
            _("Sì, dall'area personale. Prima di confermare vedi che cosa si cancella, che cosa deve restare e perché. Le "
              "righe del registro restano, ma il loro codice non porta più a te."),
        ), (MY_DATA,)),
        Question("cookie", _("Perché non mi chiedete di accettare i cookie?"), (
            _("Perché usiamo solo quelli tecnici, senza i quali il portale non funziona: per loro la legge non chiede il "
              "consenso. Nessun altro sito sa che sei qui."),
        ), (Way("pages.privacy", _("Quali cookie usiamo")),)),
    )),
    Subject("portale", _("Questo portale"), (
        Question("lingua", _("Il portale è in altre lingue?"), (
            _("È in italiano e in inglese. La lingua si sceglie in alto in ogni pagina; se hai un account, vale anche per le "
              "e-mail."),
        )),
        Question("problema", _("Qualcosa non funziona: a chi lo dico?"), (
            _("Compila «Segnala disservizio», anche senza account. Hai una pagina dove vedi a che punto siamo."),
        ), (Way("reports.report", _("Segnala un disservizio")),)),
        Question("open-source", _("Chi può usare questo programma?"), (
            _("Chiunque: è software libero, con licenza AGPL. Un'altra amministrazione può prenderlo, cambiarlo e usarlo."),
        )),
    )),
)  # fmt: skip
