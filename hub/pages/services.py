"""The services of the portal, told in the order of the national model: to whom, how, what it takes, what one gets, when."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from hub.booking.rules import DRAFT_DAYS, HOLD_MINUTES
from hub.organisations.inviting import LINK_DAYS
from hub.pages.navigation import Way
from hub.pages.service import ADDRESS_KEPT_DAYS

CULTURE, COMPANIES, INFORMATION = _("Cultura e tempo libero"), _("Imprese e commercio"), _("Rapporti con il centro")
# The eight sections that every service has, in this order: (anchor, title, data-element of its text).
SECTIONS = (
    ("a-chi", _("A chi è rivolto"), "service-addressed"),
    ("come-fare", _("Come fare"), "service-how-to"),
    ("cosa-serve", _("Cosa serve"), "service-needed"),
    ("cosa-si-ottiene", _("Cosa si ottiene"), "service-achieved"),
    ("tempi", _("Tempi e scadenze"), "service-calendar-text"),
    ("accedi", _("Accedi al servizio"), "service-generic-access"),
    ("condizioni", _("Condizioni di servizio"), "service-conditions"),
    ("contatti", _("Contatti"), "service-area"),
)


@dataclass(frozen=True)
class Service:
    """A service. category: of the model's list, where one fits; topics: slugs of hub.pages.topics; the texts are paragraphs,
    `steps` a numbered list after `how`, `needed` a list; access: the ways in, the first of which is the main one."""

    slug: str
    title: str
    summary: str
    category: str
    audience: str
    topics: tuple[str, ...]
    addressed: tuple[str, ...]
    how: str
    steps: tuple[str, ...]
    needed: tuple[str, ...]
    achieved: tuple[str, ...]
    times: tuple[str, ...]
    access: tuple[Way, ...]
    conditions: tuple[str, ...]


_ALL = (
    Service(
        slug="prenotare-uno-spazio",
        title=_("Prenotare uno spazio"),
        summary=_("Chiedi una sala, un'aula, il laboratorio, il portico o la Corte Urbana per una tua attività."),
        category=CULTURE,
        audience=_("Cittadini, associazioni, gruppi, scuole, imprese ed enti"),
        topics=("associazioni", "formazione-professionale", "spazio-verde", "tempo-libero"),
        addressed=(
            _("A chiunque voglia usare uno spazio per una riunione, un laboratorio, un corso, un evento, una festa o delle "
              "prove."),
            _("Puoi prenotare per te, oppure per conto di un'organizzazione verificata, se puoi agire a suo nome."),
        ),
        how=_("Si fa tutto in linea, in quattro passi. Per guardare gli spazi e cominciare non serve un account."),
        steps=(
            _("Scegli lo spazio, la disposizione, il giorno e l'orario tra quelli liberi."),
            _("Scrivi il titolo dell'attività e che cosa farete."),
            _("Entra con il tuo account: da questo momento il posto è tenuto per te."),
            _("Controlla il riepilogo, accetta le regole d'uso e invia."),
        ),
        needed=(
            _("un account con un indirizzo e-mail confermato"),
            _("il giorno, la durata e il numero di persone"),
            _("il titolo dell'attività"),
        ),
        achieved=(
            _("Alcuni spazi si confermano da soli: appena invii, la prenotazione è tua. Per gli altri invii una richiesta, "
              "che non è ancora una conferma: il gestore la approva, la rifiuta spiegando perché, o ti chiede di cambiare "
              "qualcosa."),
            _("Ricevi un codice, una e-mail a ogni passaggio, la ricevuta in PDF e l'appuntamento per il calendario. Trovi "
              "tutto anche nella tua area personale."),
        ),
        times=(
            _("Il posto resta tenuto per te %(minutes)s minuti mentre finisci. La bozza resta %(days)s giorni, ma senza il "
              "posto.", minutes=HOLD_MINUTES, days=DRAFT_DAYS),
            _("Il preavviso, l'anticipo massimo e il termine per annullare cambiano da spazio a spazio: sono scritti sulla "
              "pagina di ognuno."),
        ),
        access=(Way("spaces.catalogue", _("Scegli uno spazio e prenota")), Way("booking.mine", _("Vai alle tue prenotazioni"))),
        conditions=(
            _("Lo spazio va lasciato come lo hai trovato, entro l'orario prenotato. Chi prenota risponde dei danni e del "
              "numero massimo di persone."),
        ),
    ),
    Service(
        slug="registrare-un-organizzazione",
        title=_("Registrare un'organizzazione"),
        summary=_("Fai conoscere al centro la tua associazione, il tuo gruppo o la tua impresa, e agisci a suo nome."),
        category=COMPANIES,
        audience=_("Associazioni, gruppi informali, enti del Terzo settore, imprese ed enti pubblici"),
        topics=("associazioni", "imprese", "integrazione-sociale"),
        addressed=(
            _("A chi rappresenta un'associazione, un gruppo informale, un ente del Terzo settore, una cooperativa sociale, una "
              "startup, un'impresa o un ente pubblico."),
            _("Un gruppo informale ha almeno due persone maggiorenni."),
        ),
        how=_("Si fa nell'area personale."),
        steps=(
            _("Entra con il tuo account e apri «Le mie organizzazioni»."),
            _("Registra l'organizzazione: chi la registra è il suo legale rappresentante, o il referente del gruppo."),
            _("Invita per e-mail le altre persone: chi può agire a nome dell'organizzazione e chi ne fa solo parte."),
            _("Aspetta la verifica di un gestore; poi scegli quando agire per te e quando per l'organizzazione."),
        ),
        needed=(
            _("un account con un indirizzo e-mail confermato"),
            _("il nome e i recapiti dell'organizzazione"),
            _("il codice fiscale, tranne che per i gruppi informali"),
        ),
        achieved=(
            _("Un'organizzazione verificata: chi può agire a suo nome prenota per lei. Il suo nome resta scritto su ogni atto."),
            _("Se il gestore non la verifica, leggi il motivo, correggi e la invii di nuovo."),
        ),
        times=(
            _("La verifica la fa un gestore, che ti risponde per e-mail."),
            _("Un invito vale %(days)s giorni.", days=LINK_DAYS),
        ),
        access=(
            Way("organisations.found", _("Registra un'organizzazione")),
            Way("organisations.mine", _("Le mie organizzazioni")),
        ),
        conditions=(
            _("Chi registra un'organizzazione deve essere maggiorenne e poterla rappresentare. Se cambi il nome o il codice "
              "fiscale, serve una nuova verifica."),
        ),
    ),
    Service(
        slug="presentare-una-proposta",
        title=_("Presentare una proposta"),
        summary=_("Proponi un'idea per le Officine o per la città, sostieni quelle degli altri e segui che cosa ne è stato."),
        category=INFORMATION,
        audience=_("Cittadini, associazioni e gruppi"),
        topics=("associazioni", "integrazione-sociale", "trasparenza-amministrativa"),
        addressed=(
            _("A chiunque abbia un'idea per le Officine o per la città, da solo, con altri o per conto di un'organizzazione "
              "verificata."),
            _("Chi non usa il sito può venire allo sportello: un operatore scrive per lui, e gli dà una ricevuta."),
        ),
        how=_("Si fa quando un processo raccoglie proposte: le date di ogni fase sono sulla sua pagina."),
        steps=(
            _("Scegli un processo aperto e comincia una bozza, che si salva da sola mentre scrivi."),
            _("Guarda se c'è già una proposta simile: puoi sostenerla invece di ripeterla."),
            _("Se vuoi, invita altri autori e aggiungi immagini o PDF."),
            _("Rileggi l'anteprima e pubblica."),
        ),
        needed=(
            _("un account con un indirizzo e-mail confermato"),
            _("un titolo e qualche riga che spieghi l'idea"),
            _("l'argomento e l'area di attività"),
        ),
        achieved=(
            _("Una pagina pubblica con un codice, che gli altri possono sostenere e discutere."),
            _("Una risposta motivata dell'amministrazione; se la proposta si realizza, le notizie di ogni passo arrivano a te e "
              "a chi la sostiene o la segue."),
        ),
        times=(
            _("Ogni processo dice entro quanti giorni si risponde. Le proposte che aspettano di più sono in un elenco pubblico."),
        ),
        access=(Way("processes.processes", _("Vedi i processi")), Way("drafts.mine", _("Le mie proposte"))),
        conditions=(
            _("Chi scrive risponde di quello che scrive. Le regole della discussione, e come si fa ricorso, sono pubblicate."),
        ),
    ),
    Service(
        slug="segnalare-un-disservizio",
        title=_("Segnalare un disservizio"),
        summary=_("Racconta che cosa non funziona in uno spazio o su questo portale, e segui che cosa ne facciamo."),
        category=INFORMATION,
        audience=_("Chiunque usi gli spazi o il portale"),
        topics=("accesso-all-informazione", "trasparenza-amministrativa"),
        addressed=(_("A chiunque trovi un guasto in uno spazio, un problema del portale o una barriera di accessibilità."),),
        how=_("Si compila un modulo in linea, anche senza account."),
        steps=(
            _("Scegli che cosa vuoi segnalare e, se serve, in quale spazio."),
            _("Scrivi che cosa succede, dove e quando."),
            _("Se vuoi una risposta per e-mail, lascia il tuo indirizzo."),
        ),
        needed=(_("una descrizione di quello che hai visto"), _("il tuo indirizzo e-mail, solo se vuoi che ti scriviamo")),
        achieved=(
            _("Un codice e una pagina, che conosci solo tu, dove vedi se la segnalazione è ricevuta, presa in carico o "
              "chiusa, e la risposta del gestore."),
        ),
        times=(
            _("La segnalazione arriva subito ai gestori. Quando ne abbiamo chiuse abbastanza, sulla pagina del modulo trovi "
              "quanti giorni ci vogliono di solito."),
            _("L'indirizzo e-mail che hai lasciato si cancella %(days)s giorni dopo la chiusura.", days=ADDRESS_KEPT_DAYS),
        ),
        access=(Way("reports.report", _("Segnala un disservizio")),),
        conditions=(
            _("Non scrivere dati sulla salute, tua o di altri. Una segnalazione chiusa non si riapre: se il problema torna, "
              "inviane un'altra."),
        ),
    ),
    Service(
        slug="gestire-i-propri-dati",
        title=_("Vedere, correggere e cancellare i propri dati"),
        summary=_("Guarda che cosa teniamo di te, correggilo, portane via una copia, vedi chi lo ha aperto, chiedi di "
                  "cancellarlo."),
        category=INFORMATION,
        audience=_("Chi ha un account"),
        topics=("accesso-all-informazione", "trasparenza-amministrativa"),
        addressed=(_("A chi ha un account su questo portale."),),
        how=_("Si fa nell'area personale, senza scrivere a nessuno."),
        steps=(
            _("Entra con il tuo account."),
            _("Apri «I miei dati» nell'area personale."),
            _("Scegli che cosa fare: correggere, scaricare una copia, vedere chi ha aperto i tuoi dati, cancellare."),
        ),
        needed=(_("il tuo account"),),
        achieved=(
            _("Una copia completa in un file che altri programmi sanno leggere, dati corretti subito, e l'elenco di chi del "
              "personale li ha guardati."),
            _("Se chiedi la cancellazione, prima di confermare vedi che cosa si cancella, che cosa deve restare e perché."),
        ),
        times=(_("Ogni operazione ha effetto subito."),),
        access=(Way("my_data.my_data", _("Vai ai tuoi dati")),),
        conditions=(
            _("Non puoi cancellare i tuoi dati finché hai prenotazioni in attesa o confermate: prima ritirale o annullale."),
        ),
    ),
)  # fmt: skip
SERVICES = {service.slug: service for service in _ALL}
