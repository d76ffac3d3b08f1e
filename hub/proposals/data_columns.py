"""What the tables of the open data hold: each column with its kind, its unit and its meaning, in both languages at once."""

from typing import NamedTuple


class Column(NamedTuple):
    """kind: text, integer, decimal, date, instant, boolean or list; unit: "" where it has none; it, en: what it is."""

    name: str
    kind: str
    unit: str
    it: str
    en: str


SEALED_IT = "Vuoto finché il processo tiene riservati i conteggi: nessuno li conosce prima degli altri."
SEALED_EN = "Empty while the process keeps its counts sealed: nobody knows them before the others."
VOTING_IT = f"{SEALED_IT} Vuoto anche finché si vota."
VOTING_EN = f"{SEALED_EN} Empty while people still vote, too."
PROPOSAL = Column("proposal", "text", "", "Codice della proposta (proposals.code)", "Code of the proposal (proposals.code)")

COLUMNS = {
    "processes": (
        Column("slug", "text", "", "Nome del processo nel suo indirizzo", "Name of the process in its address"),
        Column("title_it", "text", "", "Titolo in italiano", "Title in Italian"),
        Column("title_en", "text", "", "Titolo in inglese, dove c'è", "Title in English, where there is one"),
        Column(
            "preset", "text", "", "Tipo: community_lab, idea_collection, neighbourhood_pact", "Kind: one of these three codes"
        ),
        Column("office", "text", "", "Ufficio che risponde", "Office that answers"),
        Column("answer_days", "integer", "giorni / days", "Entro quanti giorni si risponde", "Days within which it answers"),
        Column("update_days", "integer", "giorni / days", "Ogni quanto si dà notizia", "How often news is promised"),
        Column("published_at", "instant", "UTC", "Pubblicazione", "Publication"),
        Column("concluded_at", "instant", "UTC", "Documento finale", "Final document"),
        Column("synthetic", "boolean", "", "Dato inventato per la dimostrazione", "Made up for the demo"),
    ),
    "phases": (
        Column("process", "text", "", "Processo (processes.slug)", "Process (processes.slug)"),
        Column("number", "integer", "", "Posto nell'ordine", "Place in the order"),
        Column("name_it", "text", "", "Nome in italiano", "Name in Italian"),
        Column("name_en", "text", "", "Nome in inglese, dove c'è", "Name in English, where there is one"),
        Column("opens_at", "instant", "UTC", "Apertura, compresa", "Opening, included"),
        Column("closes_at", "instant", "UTC", "Chiusura, esclusa", "Closing, excluded"),
        Column("submits", "boolean", "", "Si presentano proposte", "Proposals are made"),
        Column("supports", "boolean", "", "Si sostengono proposte", "Proposals are supported"),
        Column("discusses", "boolean", "", "Si discute", "People discuss"),
        Column("votes", "boolean", "", "Si vota", "People vote"),
        Column("answers", "boolean", "", "Arrivano le risposte", "Answers come"),
        Column(
            "supports_most",
            "integer",
            "proposte / proposals",
            "Quante proposte al massimo può sostenere una persona; vuoto: quante vuole",
            "How many proposals a person may support at most; empty: any number",
        ),
        Column("hides_counts", "boolean", "", "Tiene riservati i conteggi", "Keeps the counts sealed"),
    ),
    "proposals": (
        Column("code", "text", "", "Codice della proposta", "Code of the proposal"),
        Column("url", "text", "", "Indirizzo della pagina", "Address of its page"),
        Column("process", "text", "", "Processo (processes.slug)", "Process (processes.slug)"),
        Column("title", "text", "", "Titolo della versione più recente", "Title of the newest version"),
        Column(
            "state",
            "text",
            "",
            "A che punto è: published, under_review, answered, in_execution, done, stopped, withdrawn, merged, split",
            "Where it stands: one of these nine codes",
        ),
        Column(
            "topic", "text", "", "Argomento, dalla tassonomia dei siti comunali", "Topic, from the taxonomy of municipal sites"
        ),
        Column("area", "text", "", "Area: education, entrepreneurship, inclusion, community", "Area: one of these four codes"),
        Column(
            "sdgs",
            "list",
            "",
            "Obiettivi dell'Agenda 2030 (da 1 a 17), separati da spazi",
            "Goals of the 2030 Agenda (1 to 17), separated by blanks",
        ),
        Column(
            "place", "text", "", "Luogo: none, hub (uno spazio delle Officine), city", "Place: none, hub (a space of ours), city"
        ),
        Column("space", "text", "", "Spazio, con il nome del suo indirizzo", "Space, by the name in its address"),
        Column("address", "text", "", "Indirizzo del luogo", "Address of the place"),
        Column("lat", "decimal", "gradi WGS 84 / degrees", "Latitudine", "Latitude"),
        Column("lon", "decimal", "gradi WGS 84 / degrees", "Longitudine", "Longitude"),
        Column(
            "organisation",
            "text",
            "",
            "Organizzazione che la presenta; vuoto: una o più persone, che qui non hanno nome",
            "Organisation that makes it; empty: one person or more, who have no name here",
        ),
        Column("channel", "text", "", "Come è arrivata: web, assisted, paper, import", "How it came in: one of these codes"),
        Column("published_at", "instant", "UTC", "Prima pubblicazione", "First publication"),
        Column(
            "versions", "integer", "versioni / versions", "Quante versioni sono state pubblicate", "Versions published so far"
        ),
        Column("closed_at", "instant", "UTC", "Ritirata, unita o divisa", "Withdrawn, merged or split"),
        Column("closed_reason", "text", "", "Perché è stata ritirata", "Why it was withdrawn"),
        Column("comments", "integer", "commenti / comments", "Commenti che si leggono", "Comments that can be read"),
        Column("supports", "integer", "persone / people", f"Chi la sostiene. {SEALED_IT}", f"Who supports it. {SEALED_EN}"),
        Column(
            "helped",
            "integer",
            "persone / people",
            f"Chi la sostiene con un operatore o su carta. {SEALED_IT}",
            f"Who supports it with an operator or on paper. {SEALED_EN}",
        ),
        Column(
            "endorsements",
            "integer",
            "organizzazioni / organisations",
            f"Organizzazioni che aderiscono, mai contate come persone. {SEALED_IT}",
            f"Organisations that endorse it, never counted as people. {SEALED_EN}",
        ),
        Column("votes_agree", "integer", "persone / people", f"Voti a favore. {VOTING_IT}", f"Votes in favour. {VOTING_EN}"),
        Column("votes_disagree", "integer", "persone / people", f"Voti contrari. {VOTING_IT}", f"Votes against. {VOTING_EN}"),
        Column("votes_pass", "integer", "persone / people", f"Astensioni. {VOTING_IT}", f"Abstentions. {VOTING_EN}"),
        Column("synthetic", "boolean", "", "Dato inventato per la dimostrazione", "Made up for the demo"),
    ),
    "versions": (
        PROPOSAL,
        Column("number", "integer", "", "Numero della versione, da 1", "Number of the version, from 1"),
        Column("at", "instant", "UTC", "Pubblicazione della versione", "Publication of the version"),
        Column("reason", "text", "", "Perché è stata cambiata", "Why it was changed"),
        Column("title", "text", "", "Titolo", "Title"),
        Column("text", "text", "", "Testo", "Text"),
        Column("target", "text", "", "A chi si rivolge", "Whom it is for"),
        Column("target_n", "integer", "persone / people", "Quante persone, secondo chi propone", "How many people, as estimated"),
        Column("target_method", "text", "", "Come sono state stimate", "How they were estimated"),
        Column("needs_spaces", "text", "", "Spazi che servono", "Spaces that it needs"),
        Column("needs_hours", "integer", "ore / hours", "Ore che servono", "Hours that it needs"),
        Column("needs_euros", "decimal", "euro", "Soldi che servono", "Money that it needs"),
        Column(
            "sha256",
            "text",
            "",
            "SHA-256 del contenuto in JSON canonico (RFC 8785)",
            "SHA-256 of the content in canonical JSON (RFC 8785)",
        ),
    ),
    "answers": (
        PROPOSAL,
        Column(
            "kind",
            "text",
            "",
            "Risposta: accepted, partly, rejected, not_competent, already_done",
            "Answer: one of these five codes",
        ),
        Column("text", "text", "", "Motivi", "Reasons"),
        Column("act", "text", "", "Atto dell'ente, dove c'è", "Act of the owner, where there is one"),
        Column("at", "instant", "UTC", "Data della risposta", "When it was given"),
        Column("replaced_at", "instant", "UTC", "Da quando vale un'altra risposta", "Since when another one holds"),
    ),
    "results": (
        Column("id", "integer", "", "Numero del risultato", "Number of the result"),
        Column("process", "text", "", "Processo (processes.slug)", "Process (processes.slug)"),
        Column("title", "text", "", "Titolo", "Title"),
        Column("text", "text", "", "Che cosa si fa", "What is being done"),
        Column("state", "text", "", "A che punto è: planned, running, done, stopped", "Where it stands: one of these four codes"),
        Column("progress", "decimal", "%", "Avanzamento", "Progress"),
        Column("starts_on", "date", "", "Primo giorno", "First day"),
        Column("ends_on", "date", "", "Ultimo giorno", "Last day"),
        Column(
            "proposals",
            "list",
            "",
            "Proposte da cui nasce, separate da spazi: codice, due punti, e adopted, partly o inspired",
            "Proposals that it came of, separated by blanks: code, colon, and adopted, partly or inspired",
        ),
    ),
    "updates": (
        Column("result", "integer", "", "Risultato (results.id)", "Result (results.id)"),
        Column("day", "date", "", "Giorno di cui si parla", "Day that it tells of"),
        Column("text", "text", "", "Che cosa è successo", "What happened"),
        Column("state", "text", "", "A che punto era allora, come results.state", "Where it stood then, as results.state"),
        Column("progress", "decimal", "%", "Avanzamento di allora", "Progress then"),
        Column("evidence_url", "text", "", "Indirizzo di una prova", "Address of evidence"),
        Column("evidence_words", "text", "", "Che cosa mostra la prova", "What the evidence shows"),
        Column("evidence_sha256", "text", "", "SHA-256 del file di prova", "SHA-256 of the file of evidence"),
        Column("at", "instant", "UTC", "Pubblicazione", "Publication"),
    ),
}
