"""The rules of the discussion, in both languages, by version: what was hidden by one of them stays told by that one.

A new version is added at the end; one that was published is never changed.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Policy:
    """version: as moderation acts name it; since: its first day; sections: (title, paragraphs) by language, in order; reasons:
    what each of rules.MODERATION_REASONS means, by language."""

    version: str
    since: date
    sections: dict[str, tuple[tuple[str, tuple[str, ...]], ...]]
    reasons: dict[str, dict[str, str]]


VERSIONS = (
    Policy(
        "1",
        date(2026, 11, 29),
        {
            "it": (
                (
                    "A che cosa serve la discussione",
                    (
                        "A capire insieme se una proposta è buona, che cosa le manca e che cosa costa. Sono benvenuti i pareri"
                        " contrari: si discute la proposta, non chi la fa.",
                        "Si può scrivere quando il processo ha una fase di discussione aperta. Le stesse regole valgono per i"
                        " commenti, per le proposte e per chi lavora qui.",
                    ),
                ),
                (
                    "Che cosa fanno i moderatori",
                    (
                        "I gestori delle Officine leggono quello che viene segnalato. Possono solo nascondere o mostrare di"
                        " nuovo: non correggono, non cancellano, non scrivono al posto di altri.",
                        "Quando nascondono, scelgono uno dei motivi qui sotto e lo spiegano. Al posto del testo si legge"
                        " «Nascosto dai moderatori» con il motivo; se invece a togliere il commento è chi l'ha scritto, si"
                        " legge «Rimosso da chi l'ha scritto».",
                        "Nessun contenuto viene nascosto in automatico, né perché è stato segnalato molte volte.",
                    ),
                ),
                (
                    "Il ricorso",
                    (
                        "A chi ha scritto arriva una mail con il motivo, la spiegazione e la versione di queste regole. Entro 30"
                        " giorni può fare ricorso.",
                        "Sul ricorso decide un gestore diverso da chi ha nascosto. La decisione è motivata e arriva per mail: se"
                        " il ricorso è accolto, il testo torna visibile a tutti.",
                    ),
                ),
                (
                    "Chi segnala",
                    (
                        "Chi è entrato nel portale può segnalare un commento o una proposta una volta. Chi ha scritto non viene a"
                        " sapere da chi è stato segnalato.",
                    ),
                ),
            ),
            "en": (
                (
                    "What the discussion is for",
                    (
                        "To find out together whether a proposal is good, what it lacks and what it costs. Opinions against it"
                        " are welcome: the proposal is discussed, not who makes it.",
                        "One can write while a phase of the process is open to discussion. The same rules hold for comments, for"
                        " proposals and for those who work here.",
                    ),
                ),
                (
                    "What moderators do",
                    (
                        "The managers of the Officine read what is reported. They can only hide or show again: they do not"
                        " correct, delete, or write in the place of others.",
                        "When they hide something they choose one of the reasons below, and explain it. In the place of the text"
                        " stands “Hidden by the moderators” with the reason; where whoever wrote a comment takes it away, it says"
                        " “Removed by its author”.",
                        "Nothing is hidden automatically, nor because it was reported many times.",
                    ),
                ),
                (
                    "The appeal",
                    (
                        "Whoever wrote it gets a mail with the reason, the explanation and the version of these rules. They can"
                        " appeal within 30 days.",
                        "The appeal is decided by another manager than the one who hid it. The decision gives its reasons and"
                        " comes by mail: where the appeal is accepted, everybody can read the text again.",
                    ),
                ),
                (
                    "Who reports",
                    (
                        "Whoever has signed in to the portal can report a comment or a proposal once. Those who wrote it do not"
                        " learn by whom they were reported.",
                    ),
                ),
            ),
        },
        {
            "it": {
                "off_topic": "Non ha a che fare con la proposta né con quello che è stato detto di essa.",
                "offensive": "Insulta, minaccia o umilia una persona o un gruppo.",
                "personal_data": "Contiene dati di altri: indirizzi, telefoni, salute, storie private. Anche se sono veri.",
                "illegal": "È contrario alla legge: per esempio incita all'odio o diffama.",
                "spam": "È pubblicità, o lo stesso messaggio messo ovunque.",
                "duplicate": "È già stato detto dalla stessa persona, con le stesse parole.",
            },
            "en": {
                "off_topic": "It has nothing to do with the proposal, nor with what was said of it.",
                "offensive": "It insults, threatens or humiliates a person or a group.",
                "personal_data": "It holds data of others: addresses, telephones, health, private stories. Even true ones.",
                "illegal": "It is against the law: it incites hatred or defames, for example.",
                "spam": "It is advertising, or the same message everywhere.",
                "duplicate": "The same person has already said it, in the same words.",
            },
        },
    ),
)
CURRENT = VERSIONS[-1]


def policy_of(version: str) -> Policy | None:
    """A version of the rules, by its name."""
    return next((one for one in VERSIONS if one.version == version), None)
