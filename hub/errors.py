"""When something goes wrong: one template, in words, and never a half-written fact."""

from flask import Flask, Response, g, make_response, render_template
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from hub.db import db, is_unavailable
from hub.web import log


def init(app: Flask) -> None:
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(SecurityError, _untrusted_host)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StaleDataError, _changed)
    app.register_error_handler(SQLAlchemyError, _database)
    app.log_exception = _log_unexpected  # Flask's own names the path, which can hold a code or a token


def _http(error: HTTPException) -> Response:
    title, words = _words(error.code or 500)
    return _page(error.code or 500, title, words, error.get_response().headers if error.code == 405 else {})


def _untrusted_host(_error: SecurityError) -> Response:
    """Plain words: a page has links, and under a host that is not ours no link can be made."""
    return make_response(_words(400)[1] + "\n", 400, {"Content-Type": "text/plain; charset=utf-8"})


def _stale_form(error: CSRFError) -> Response:
    words = _("La pagina è rimasta aperta troppo a lungo. Torna indietro, ricaricala e invia di nuovo: nulla è andato perso.")
    return _page(400, _("Modulo scaduto"), words)


def _changed(_error: StaleDataError) -> Response:
    words = _(
        "Qualcun altro, o un'altra finestra, l'ha cambiato nello stesso momento. Torna indietro, ricarica la pagina e riprova."
    )
    return _page(409, _("È cambiato nel frattempo"), words)


def _database(error: SQLAlchemyError) -> Response:
    if not is_unavailable(error):
        raise error
    log.warning("database unavailable", id=g.get("request_id"), kind=type(error).__name__)
    words = _("In questo momento ci sono troppe richieste. Non è stato salvato nulla: riprova tra qualche secondo.")
    return _page(503, _("Servizio non disponibile per il momento"), words, {"Retry-After": "5"})


def _log_unexpected(exc_info: tuple) -> None:
    log.error("unexpected error", id=g.get("request_id"), exc_info=exc_info[1])


def _page(code: int, title: str, words: str, headers: object = ()) -> Response:
    db.session.remove()  # whatever was under way is undone, and a broken connection is let go
    response = make_response(render_template("error.html", bare=True, code=code, title=title, words=words), code)
    for name, value in dict(headers).items():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _words(code: int) -> tuple[str, str]:
    match code:
        case 400:
            return _("Richiesta non valida"), _("Qualcosa nella richiesta non torna. Torna indietro e riprova.")
        case 401:
            return _("Accesso richiesto"), _("Entra con il tuo account per vedere questa pagina.")
        case 403:
            return _("Non puoi entrare qui"), _("Questa pagina è riservata. Se pensi di doverla vedere, scrivi al gestore.")
        case 404:
            return _("Pagina non trovata"), _("L'indirizzo non esiste, o la pagina non è più qui.")
        case 405:
            return _("Operazione non prevista"), _("Questa pagina non accetta questa operazione. Torna indietro e riprova.")
        case 413:
            return _("Troppo grande"), _("Quello che hai inviato supera il limite di 1 MB. Riducilo e riprova.")
        case 429:
            return _("Troppi tentativi"), _("Hai fatto troppe richieste in poco tempo. Aspetta qualche minuto e riprova.")
        case code if code < 500:
            return _("Richiesta non valida"), _("Qualcosa nella richiesta non torna. Torna indietro e riprova.")
        case _:
            return _("Errore nostro"), _("Qualcosa si è rotto dalla nostra parte. Non è stato salvato nulla: riprova tra poco.")
