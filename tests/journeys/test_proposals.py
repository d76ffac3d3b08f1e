"""An idea as its people live it: an association writes it with a co-author, others support it, it is merged with another one,
answered and carried out; and somebody without a computer takes part at the desk."""

import re
from datetime import timedelta
from itertools import count

from playwright.sync_api import expect
from stdnum.it import codicefiscale

from hub.clock import now, today, wall
from hub.proposals import telling
from tests.journeys.portal import Portal
from tests.journeys.visit import Visit, ways

CITIZEN, MANAGER = "cittadina@officine.example", "gestore@officine.example"  # she stands for the demo's association
_numbers = count(1)


@ways
def test_an_idea_from_its_draft_to_what_became_of_it(portal, visitor, width, javascript):
    manager, founder, writer, fan, neighbour = (visitor(portal, width, javascript=javascript) for _ in range(5))
    number = next(_numbers)
    manager.enter(MANAGER)
    process = _open_process(manager, f"Idee di prova {number}")
    founder.enter(CITIZEN)
    first = _draft(portal, founder, writer, process, f"Un forno di comunità {number}")
    fan_address = portal.somebody()
    fan.enter(fan_address)
    _support(fan, first)
    _discuss(fan, first)
    neighbour.enter(portal.somebody())
    second = _propose(neighbour, process, f"Un forno per il pane {number}")
    merged = _merge(portal, manager, fan, first, second, fan_address, f"Un forno per tutti {number}")
    _answer(portal, manager, merged)
    _carry_out(portal, manager, merged, fan_address, f"Il forno di via dell'Esempio {number}")
    _read_the_story(visitor(portal, width, javascript=javascript), merged, process)


def _open_process(there: Visit, title: str) -> str:
    """A manager makes a process whose only phase is open to everything; its address."""
    page = there.page
    there.open("/gestione/processi")
    there.look("desk of processes")
    there.open("/gestione/processi/nuovo")
    there.look("new process")
    there.press("Scrivi la bozza")
    expect(page.locator("#title_it-error")).to_contain_text("Scrivi il titolo")
    page.get_by_text("Raccolta di idee").first.click()
    page.get_by_label("Titolo", exact=False).first.fill(title)
    page.get_by_label("Titolo in inglese").fill(f"{title} (en)")
    page.get_by_label("Ufficio che risponde").fill("Settore Innovazione sociale")
    page.get_by_label("La prima fase comincia").fill(f"{wall(now() - timedelta(hours=2)):%Y-%m-%dT%H:%M}")
    there.press("Scrivi la bozza")
    there.arrive("/gestione/processi/*")
    here = there.path
    there.open(f"{here}/fasi")
    there.look("phases of a process")
    first = page.locator("fieldset.hub-aside").first
    first.get_by_text("Arrivano le risposte").click()
    there.press("Salva le fasi")
    there.arrive(here)
    there.follow("Modifica")
    page.get_by_label("In una frase", exact=False).first.fill("Un processo per provare.")
    page.get_by_label("Di che cosa si tratta", exact=False).first.fill("Qui si prova tutto, dalla bozza al risultato.")
    there.look("a process, edited")
    there.press("Salva")
    there.arrive(here)
    there.press("Pubblica")
    expect(page.get_by_role("status").first).to_be_visible()
    there.look("a process, published")
    return here.rpartition("/")[2]


def _draft(portal: Portal, founder: Visit, writer: Visit, process: str, title: str) -> str:
    """In the association's name, with a co-author who accepts; its code."""
    page = founder.page
    founder.open("/area-personale/organizzazioni")
    page.get_by_label("Per conto di").select_option(label="Associazione Prova (demo)")
    founder.press("Cambia")
    founder.open(f"/partecipa/{process}")
    founder.look("a process, for everybody")
    code = _begin(founder, process)
    founder.press("Vedi l'anteprima")
    expect(page.locator("#title-error")).to_contain_text("Scrivi un titolo")
    founder.look("draft, refused")
    _fill(founder, title)
    founder.press("Salva la bozza")
    founder.open(f"/proposte/{code}/scrivi")
    expect(page.get_by_label("Titolo")).to_have_value(title)
    founder.look("draft, kept")
    founder.open(f"/proposte/{code}/autori")
    founder.look("authors")
    address = portal.somebody()
    page.get_by_label("E-mail").fill(address)
    founder.press("Manda l'invito")
    expect(page.get_by_role("status").first).to_contain_text("Invito inviato")
    _accept(portal, writer, address, title)
    founder.open(f"/proposte/{code}/anteprima")
    founder.look("draft, preview")
    founder.press("Pubblica")
    founder.arrive(f"/proposte/{code}")
    expect(page.locator("main")).to_contain_text("Associazione Prova (demo)")
    founder.look("a proposal of one's own")
    founder.open("/area-personale/organizzazioni")
    page.get_by_label("Per conto di").select_option(index=0)
    founder.press("Cambia")
    return code


def _begin(there: Visit, process: str) -> str:
    there.excused = (409, 422)  # what a page keeps by itself may come after what its button sent
    there.open(f"/proposte/nuova?processo={process}")
    there.look("a new proposal")
    there.press("Comincia a scrivere")
    there.arrive("/proposte/*/scrivi")
    there.look("a draft")
    return there.path.split("/")[2]


def _fill(there: Visit, title: str) -> None:
    page, text = there.page, "Un forno comune nel cortile, acceso due volte alla settimana.\n\nLo tiene chi abita vicino."
    page.get_by_label("Titolo").fill(title)
    page.get_by_label("Che cosa proponi").fill(text)
    page.get_by_label("Argomento").select_option("tempo-libero")
    page.get_by_label("Area di attività").select_option("community")


def _accept(portal: Portal, there: Visit, address: str, title: str) -> None:
    mail = portal.mail(address, "Un invito a scrivere una proposta insieme").get_content()
    there.enter(address)
    there.page.goto(re.search(rf"{there.url}/\S*inviti/\S+", mail).group())
    expect(there.page.get_by_role("heading", level=1)).to_have_text(title)
    there.look("invitation to write")
    there.press("Accetta l'invito")
    there.arrive("/proposte/*/scrivi")
    expect(there.page.get_by_label("Titolo")).to_have_value(title)


def _propose(there: Visit, process: str, title: str) -> str:
    code = _begin(there, process)
    _fill(there, title)
    there.press("Vedi l'anteprima")
    there.arrive(f"/proposte/{code}/anteprima")
    expect(there.page.locator("main")).to_contain_text("simili")  # the other one has its words
    there.look("preview, with what is alike")
    there.press("Pubblica")
    there.arrive(f"/proposte/{code}")
    return code


def _support(there: Visit, code: str) -> None:
    there.open(f"/proposte/{code}")
    there.look("a proposal, signed in")
    there.press("Sostieni", exact=False)
    expect(there.page.locator("#sostegno")).to_contain_text("La sostieni")
    expect(there.page.locator("#sostegno")).to_contain_text("La sostiene 1 persona")
    there.look("a proposal that one supports")
    there.open("/proposte/sostegni")
    there.look("one's supports")


def _discuss(there: Visit, code: str) -> None:
    page = there.page
    there.open(f"/proposte/{code}")
    there.follow("Scrivi un commento")
    there.look("a comment, to be written")
    page.get_by_text("A favore", exact=True).click()
    page.get_by_label("Il tuo commento").fill("Ottima idea: porto io la farina.")
    there.press("Pubblica")
    there.arrive(f"/proposte/{code}*")
    expect(page.locator("main")).to_contain_text("porto io la farina")
    there.look("a discussion")


def _merge(portal: Portal, manager: Visit, fan: Visit, first: str, second: str, fan_address: str, title: str) -> str:
    """A new proposal, which who supported the old one is asked to support; its code."""
    page = manager.page
    manager.open(f"/gestione/proposte/{first}")
    manager.look("desk, a proposal")
    manager.open(f"/gestione/proposte/{first}/unisci?con={second}")
    manager.look("merging")
    page.get_by_label("Titolo").fill(title)
    manager.press("Unisci")
    expect(page.get_by_role("status").first).to_be_visible()
    code = re.search(r"PR-\d{4}-\d{6}", page.locator("main").inner_text()).group()
    assert code not in (first, second)
    mail = portal.mail(fan_address, "continua insieme ad altre").get_content()
    fan.page.goto(re.search(rf"{fan.url}/proposte/\S+", mail).group())
    fan.look("merged, asked again")
    fan.press("Sostieni anche questa")
    expect(fan.page.locator("#sostegno")).to_contain_text("La sostieni")
    fan.open(f"/proposte/{first}")
    expect(fan.page.locator("main")).to_contain_text("Continua in un'altra proposta")
    fan.look("a proposal that was merged")
    return code


def _answer(portal: Portal, there: Visit, code: str) -> None:
    page = there.page
    there.open("/gestione/proposte")
    there.look("desk of answers")
    there.open(f"/gestione/proposte/{code}")
    page.get_by_text("Non accolta", exact=True).click()
    there.press("Pubblica la risposta")
    expect(page.locator("#text-error")).to_be_visible()
    there.look("an answer without reasons")
    page.get_by_text("Accolta", exact=True).click()
    there.press("Pubblica la risposta")
    expect(page.get_by_role("status").first).to_be_visible()
    portal.mail(CITIZEN, "La risposta a")


def _carry_out(portal: Portal, there: Visit, code: str, fan_address: str, title: str) -> None:
    page = there.page
    there.open(f"/gestione/proposte/{code}/risultato")
    there.look("a new result")
    page.get_by_label("Che cosa si fa").fill(title)
    page.get_by_label(f"({code})", exact=False).select_option("adopted")
    there.press("Scrivi il risultato")
    there.arrive("/gestione/risultati/*")
    page.get_by_label("Il giorno").fill(today().isoformat())
    page.get_by_label("Che cosa è successo").fill("Il forno è arrivato.")
    page.get_by_label("A che punto è").select_option("running")
    page.get_by_label("Avanzamento, da 0 a 100").fill("50")
    there.press("Pubblica l'aggiornamento")
    expect(page.get_by_role("status").first).to_be_visible()
    there.look("a result, updated")
    with portal.inside():
        telling.tell_followers()  # what the worker does every minute
    portal.mail(fan_address, "novità")


def _read_the_story(there: Visit, code: str, process: str) -> None:
    """What everybody reads, signed in or not."""
    there.open(f"/proposte/{code}")
    story = there.page.locator("section[aria-labelledby=story]")
    expect(story).to_contain_text("50%")
    there.look("a proposal, its story")
    for path, name in (
        (f"/proposte/{code}/versioni", "versions"),
        ("/proposte", "list of proposals"),
        ("/proposte/in-attesa", "what waits"),
        ("/partecipa", "processes"),
        ("/partecipa/regole", "policy"),
        (f"/partecipa/{process}/documento", "final document"),
    ):
        there.open(path)
        there.look(f"{name}, for everybody")


@ways
def test_somebody_takes_part_at_the_desk_and_claims_it(portal, visitor, width, javascript):
    operator, helped = (visitor(portal, width, javascript=javascript) for _ in range(2))
    operator.enter(MANAGER)
    receipt = _help(operator, next(_numbers))
    helped.enter(portal.somebody())
    helped.open("/partecipa/ricevuta")
    helped.look("claim")
    helped.page.get_by_label("Codice della ricevuta").fill("ABCD")
    helped.press("Passa al mio account")
    expect(helped.page.locator("#code-error")).to_contain_text("Nessuna ricevuta ha questo codice")
    helped.page.get_by_label("Codice della ricevuta").fill(receipt)
    helped.press("Passa al mio account")
    expect(helped.page.get_by_role("status").first).to_contain_text("ora è nel tuo account")
    helped.open("/proposte/sostegni")
    expect(helped.page.locator("main")).to_contain_text("cinema all'aperto")


def _help(there: Visit, number: int) -> str:
    """The code of the receipt of somebody who supports a proposal of the demo."""
    page, code = there.page, f"PRVPRV{45 + number}T50E506"
    there.open("/gestione/partecipazione")
    there.look("desk of assisted participation")
    page.get_by_label("Nome e cognome").fill("Nonna Prova")
    page.get_by_label("Dove siete").fill("Sportello")
    page.get_by_label("Codice fiscale").fill(code)
    page.get_by_text("Ho letto ad alta voce").click()
    there.press("Comincia la sessione")
    expect(page.locator("#fiscal_code-error")).to_contain_text("16 caratteri")
    there.look("desk of assisted participation, refused")
    page.get_by_label("Codice fiscale").fill(code + codicefiscale.calc_check_digit(code))
    there.press("Comincia la sessione")
    there.arrive("/gestione/partecipazione/adesso")
    there.look("assisted session")
    page.get_by_label("Cerca una proposta").fill("cinema")
    there.press("Cerca")
    there.follow("Serate di cinema all'aperto nella corte")
    there.look("assisted session, a proposal")
    there.press("Sostiene questa proposta")
    expect(page.get_by_role("status").first).to_contain_text("Sostegno registrato")
    there.press("Chiudi e stampa la ricevuta")
    there.look("receipt")
    return page.locator("main code").inner_text()
