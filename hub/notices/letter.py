"""A notice in words: its subject and body from the template of its kind, in somebody's language, and the whole mail."""

from datetime import date, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import force_locale, gettext
from itsdangerous import BadSignature, URLSafeSerializer

from hub import ical
from hub.notices.models import Notice
from hub.notices.post import Undelivered
from hub.notices.service import TOPICS


class LinkHeader(UnstructuredHeader):
    """A header that holds an address of the web: whole on a line of its own, since mail programs do not put it together."""

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}:{policy.linesep} {self}{policy.linesep}"


HEADERS = HeaderRegistry()
HEADERS.map_to_type("list-unsubscribe", LinkHeader)
# Seven-bit, so that it passes through any server whole.
POLICY = SMTP.clone(cte_type="7bit", header_factory=HEADERS)
CALENDAR_FILE = "calendario.ics"
STOP_PATH = "/mail/basta/"


def words(notice: Notice, language: str) -> tuple[str, str]:
    """Subject and body of a notice. The template's first line is the subject; a blank line, then the body.

    The template knows the payload, `name` (who reads) and `public_url`, which goes before the path of a page.
    """
    room, _, name = notice.kind.partition("/")
    template = current_app.jinja_env.get_template(f"{room}/mail/{name}.txt")
    context = {key: _revived(value) for key, value in notice.payload.items() if key != "calendar"}
    with force_locale(language):
        # Not render_template: what a page needs around it (who is signed in, the menu) has no place in a mail.
        text = template.render(context | {"name": notice.name, "public_url": current_app.config["PUBLIC_URL"]})
    subject, _, body = text.strip().partition("\n")
    return " ".join(subject.split()), body.strip() + "\n"


def _revived(value: object) -> object:
    """Instants and days as such, from what marks them in the payload."""
    match value:
        case {"$at": str(instant)}:
            return datetime.fromisoformat(instant)
        case {"$day": str(day)}:
            return date.fromisoformat(day)
        case dict():
            return {key: _revived(inner) for key, inner in value.items()}
        case list():
            return [_revived(inner) for inner in value]
        case _:
            return value


def letter(notice: Notice) -> EmailMessage:
    """The mail, the same at every try but for the calendar's own stamp. Raises Undelivered for an address that is none."""
    subject, body = words(notice, notice.language)
    mail = EmailMessage(POLICY)
    mail["Message-ID"] = f"<{notice.key}@{urlsplit(current_app.config['PUBLIC_URL']).hostname}>"
    mail["Date"] = notice.created_at
    mail["From"] = current_app.config["MAIL_FROM"]
    mail["To"] = _reader(notice)
    mail["Subject"] = subject
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = notice.language
    if topic := TOPICS.get(notice.kind):
        link = f"{current_app.config['PUBLIC_URL']}{STOP_PATH}{stop_token(notice.subject, topic)}"
        mail["List-Unsubscribe"] = f"<{link}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        body += _ending(link, notice.language)
    mail.set_content(body)
    if kept := notice.payload.get("calendar"):
        sheet = ical.calendar(*_entries(kept, notice.language), portal=current_app.config["PUBLIC_URL"])
        parameters = {"method": "PUBLISH", "charset": "utf-8"}
        mail.add_attachment(sheet, maintype="text", subtype="calendar", filename=CALENDAR_FILE, params=parameters)
    return mail


def _ending(link: str, language: str) -> str:
    with force_locale(language):
        return "\n-- \n" + gettext("Non vuoi più mail di questo tipo? Con questo link smettono:") + f"\n{link}\n"


def stop_token(subject: str, topic: str) -> str:
    """The secret of a link that ends the mails of a topic: only we can write one, and it opens nothing else."""
    return _signer().dumps([subject, topic])


def stopped_by(token: str) -> tuple[str, str] | None:
    """(subject, topic) of such a link; None where we never wrote it, or of a topic that there is no longer."""
    try:
        subject, topic = _signer().loads(token)
    except BadSignature:
        return None
    return (subject, topic) if topic in TOPICS.values() else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key, salt="hub.notices.stop")


def _entries(kept: dict[str, object], language: str) -> list[ical.Entry]:
    """What a notice's payload keeps for a calendar: one entry, or in each language a list of them."""
    return [ical.Entry.from_json(values) for values in ([kept] if "uid" in kept else kept[language])]


def _reader(notice: Notice) -> Address:
    try:
        return Address(" ".join(notice.name.split()), addr_spec=notice.address)
    except (HeaderParseError, ValueError):
        raise Undelivered("the address is none", for_good=True) from None
