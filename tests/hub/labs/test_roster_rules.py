"""What a list of people may hold, cell by cell, and what a file may be: tables of cases."""

import io
import zipfile
from datetime import date, datetime

import pytest
from flask_babel import force_locale
from openpyxl import Workbook
from openpyxl.worksheet.formula import ArrayFormula

from hub.clock import today
from hub.labs import table_file
from hub.labs.roster_rules import NAMES, Line, Terms, columns_of, plain, read_row, twins
from hub.labs.roster_words import COLUMNS
from hub.labs.rules import Asked
from hub.labs.table_file import Formula, rows_of
from hub.language import LANGUAGES
from hub.refusal import Refusal
from tests.hub.labs.groups import BORN, HEADER, TERMS, cells, line, pupil, sheet, table
from tests.hub.labs.makers import refused

ASKED = (
    Asked(7, "choice", {"it": "Taglia?", "en": "Size?"}, ("S", "M"), True),
    Asked(8, "number", {"it": "Quanti anni di musica?"}, (), False),
    Asked(9, "consent", {"it": "Sa nuotare"}, (), False),
)


def wrong(**more: object) -> list[tuple[str, str, str]]:
    """(column, what is there, rule) of all that is wrong with a row."""
    found, why = read_row(5, cells(**more), TERMS)
    assert (found is None) == bool(why) and all(one.row == 5 for one in why)
    return [(one.column, one.written, one.why.rule) for one in why]


# --- a row


def test_a_row_says_who_with_which_consents():
    found = line(photo="Sì", assessment="no", leave_alone="X", email="Rosa@Posta.example", gender="femmina", resident="s")
    assert (found.given_name, found.birth_date, found.yes) == ("Anna", BORN, ("photo", "leave_alone"))
    assert (found.gender, found.resident, found.email) == ("f", True, "Rosa@Posta.example")


def test_photos_and_the_evaluation_are_no_where_nothing_is_written():
    assert line(photo="", assessment="").yes == ()


@pytest.mark.parametrize(
    ("column", "cell", "rule"),
    [
        ("given_name", "", "required"),
        ("given_name", "  ", "required"),
        ("given_name", "123", "name"),
        ("given_name", "A<b>", "name"),
        ("given_name", "A\x07", "name"),
        ("given_name", "x" * 81, "length"),
        ("given_name", "=1+1", "formula"),
        ("given_name", '=HYPERLINK("http://x")', "formula"),
        ("given_name", "+cmd", "formula"),
        ("given_name", "-2+3", "formula"),
        ("given_name", "@SUM(A1)", "formula"),
        ("family_name", Formula("=A1"), "formula"),
        ("birth_date", Formula("=TODAY()"), "formula"),
        ("birth_date", "", "date"),
        ("birth_date", "31/02/2015", "date"),
        ("birth_date", "1/3/15", "date"),
        ("birth_date", "2015", "date"),
        ("birth_date", "42064", "date"),
        ("birth_date", "01/01/2999", "born"),
        ("birth_date", "01/01/1800", "born"),
        ("gender", "boh", "gender"),
        ("resident", "forse", "yes-no"),
        ("guardian", "", "required"),
        ("guardian", "@rosa", "formula"),
        ("email", "rosa@", "email"),
        ("email", "rosa@posta.example, pino@posta.example", "email"),
        ("email", "a@b.example\nBcc: c@d.example", "email"),
        ("emergency_name", "", "required"),
        ("emergency_phone", "", "required"),
        ("emergency_phone", "nonna", "phone"),
        ("emergency_phone", "=0832777777", "phone"),
        ("participation", "", "consent"),
        ("participation", "no", "consent"),
        ("participation", "forse", "yes-no"),
        ("photo", "se serve", "yes-no"),
        ("note", "Asma", "no-notes"),
    ],
)
def test_a_cell_that_does_not_pass_is_named_with_what_is_there(column, cell, rule):
    found = wrong(**{column: cell})
    assert (column, str(cell)[:80], rule) in found or (column, " ".join(str(cell).split())[:80], rule) in found
    assert {name for name, _written, _rule in found} <= {column, "health"}


@pytest.mark.parametrize(
    "cell", ["31/12/2014", "31-12-2014", "31.12.2014", "2014-12-31", "2014-12-31 00:00:00", date(2014, 12, 31)]
)
def test_a_date_is_read_as_people_and_spreadsheets_write_it(cell):
    assert line(birth_date=cell).birth_date == date(2014, 12, 31)


def test_a_phone_may_begin_with_a_plus():
    assert line(emergency_phone="+39 333 1234567").emergency_phone == "+39 333 1234567"


def test_all_that_is_wrong_in_a_row_is_told_at_once():
    assert [column for column, *_more in wrong(given_name="", birth_date="x", participation="no")] == [
        "given_name",
        "birth_date",
        "participation",
    ]


def test_who_is_of_age_needs_no_guardian_and_gets_no_invitation():
    grown = f"01/01/{today().year - 19}"
    assert line(birth_date=grown, guardian="").guardian == ""
    assert wrong(birth_date=grown, guardian="", email="rosa@posta.example") == [("email", "rosa@posta.example", "of-age")]


@pytest.mark.parametrize(
    ("note", "health", "rules"), [("Asma", "sì", []), ("Asma", "", ["consent"]), ("", "", []), ("", "sì", [])]
)
def test_a_note_on_health_needs_its_own_consent(note, health, rules):
    _found, why = read_row(2, cells(note=note, health=health), Terms(today(), (), asks_health=True))
    assert [one.why.rule for one in why] == rules


@pytest.mark.parametrize(
    ("given", "kept", "rules"),
    [
        ({"question_7": "S", "question_8": "3,5", "question_9": "sì"}, {"7": "S", "8": 3.5, "9": True}, []),
        ({"question_7": "M"}, {"7": "M", "9": False}, []),
        ({"question_7": ""}, None, [("question_7", "required")]),
        ({"question_7": "XL", "question_8": "molti"}, None, [("question_7", "choice"), ("question_8", "number")]),
        ({"question_7": "S", "question_9": "forse"}, None, [("question_9", "yes-no")]),
        ({"question_7": "=A1"}, None, [("question_7", "formula")]),
    ],
)
def test_the_questions_of_the_activity_are_columns_too(given, kept, rules):
    found, why = read_row(2, cells(**given), Terms(today(), ASKED, asks_health=False))
    assert (found and found.answers) == kept
    assert [(one.column, one.why.rule) for one in why] == rules


def test_the_same_kid_twice_is_told_at_the_second_row_however_it_is_spelt():
    lines = [line(2), line(3, given_name="Bea"), line(4, given_name="ANNA ", family_name="Grèco")]
    (twice,) = twins(lines)
    assert (twice.row, twice.why.rule, twice.why.values) == (4, "row-twice", {"row": 2})


def test_an_address_does_not_get_more_invitations_than_a_family_has_children():
    lines = [line(number, given_name="A" * number, email="una@posta.example") for number in range(2, 9)]
    assert [(one.row, one.why.rule) for one in twins(lines)] == [(8, "address-often")]


def test_a_line_goes_to_the_browser_and_back_as_it_was():
    found = line(photo="sì", email="a@b.example")
    assert Line.from_json(found.as_json) == found


# --- the header


@pytest.mark.parametrize("upper", [str.upper, str.lower, lambda name: f" {name} ", lambda name: name.replace("-", " ")])
def test_a_header_is_read_however_it_is_spelt(upper):
    assert columns_of([upper(name) for name in HEADER], ())[:3] == ["given_name", "family_name", "birth_date"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_of_the_model_is_known_by_its_name(app, language):
    with app.test_request_context(), force_locale(language):
        names = [str(one.name) for one in COLUMNS.values()]
    assert columns_of(names, ()) == list(COLUMNS) == list(NAMES)


def test_columns_may_be_named_by_their_codes_and_those_of_questions_by_its_words():
    assert columns_of([*HEADER, "Taglia?", "SIZE"[:0], "Sa nuotare"], ASKED)[-3:] == ["question_7", "", "question_9"]


@pytest.mark.parametrize(
    ("header", "rules"),
    [
        ([*HEADER, "Allergie"], ["column-unknown"]),
        ([*HEADER, "nome"], ["column-twice"]),
        (HEADER[1:], ["column-missing"]),
        (["Anna", "Greco", "1/3/2014"], ["column-unknown"] * 3 + ["column-missing"] * 7),
    ],
)
def test_a_header_that_is_not_the_models_is_refused(header, rules):
    assert [one.rule for one in refused(columns_of, header, ()).all] == rules


def test_no_two_names_of_columns_are_alike():
    names = [plain(name) for group in NAMES.values() for name in group]
    assert len(names) == len(set(names))


# --- a file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_csv_is_read_in_both_encodings_and_with_any_separator(encoding, separator):
    rows = rows_of(table(pupil("Nicolò", "D'Agostino, Greco"), separator=separator, encoding=encoding))
    assert [number for number, _cells in rows] == [1, 2]
    assert rows[1][1][:2] == ["Nicolò", "D'Agostino, Greco"]


def test_rows_have_the_numbers_of_the_spreadsheet():
    assert [number for number, _cells in rows_of(table(pupil(), [], ["", ""], pupil("Bea")))] == [1, 2, 5]
    assert [number for number, _cells in rows_of(b"sep=;\r\n" + table(pupil(), encoding="utf-8"))] == [2, 3]
    assert [number for number, _cells in rows_of(sheet(pupil(), [], pupil("Bea")))] == [1, 2, 4]


def test_a_spreadsheet_gives_days_numbers_and_truth_as_they_are_meant():
    row = pupil()
    row[2], row[6], row[7], row[8] = datetime(2014, 3, 1), 832777777, True, False  # noqa: DTZ001 - as a sheet has it
    (_header, (_number, found)) = rows_of(sheet(row))
    assert (found[2], found[6], found[7], found[8]) == (date(2014, 3, 1), "832777777", "sì", "no")


def test_a_formula_of_a_spreadsheet_is_told_and_never_computed():
    (_header, (_number, found)) = rows_of(sheet(pupil(family_name="=1+1")))
    assert type(found[1]) is Formula


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        (b"", "file-empty"),
        (b"\r\n\r\n;;;\r\n", "file-empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file-kind"),
        (b"%PDF-1.7\x00\x01", "file-kind"),
        (b"\xff\xfeN\x00o\x00m\x00e\x00", "file-kind"),
        (b"\x81\x8d\x8f", "file-kind"),
        (b'Nome;"Cognome', "file-quotes"),
        (b"PK\x03\x04 nothing behind it", "file-broken"),
        (table(*[pupil()] * 5000), "file-rows"),
        (sheet(*[pupil()] * 5000), "file-rows"),
        (table(header=["x"] * 61), "file-columns"),
        (sheet(header=["x"] * 61), "file-columns"),
        (table(pupil("x" * 2001)), "file-cell"),
        (b"a" * 2_000_001, "file-size"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_none_or_too_large_is_refused(sent, rule):
    assert refused(rows_of, sent).rule == rule


def test_a_formula_of_many_cells_is_shown_as_it_was_written():
    row = [*pupil()[:1], ArrayFormula("B2:B3", "=SUM(C2:C3)"), *pupil()[2:]]
    (_header, (_number, found)) = rows_of(sheet(row))
    assert (type(found[1]), found[1]) == (Formula, "=SUM(C2:C3)")


def test_the_limit_of_rows_is_said():
    refusal = refused(rows_of, table(*[pupil()] * 201))
    assert refusal.values == {"most": 200} and len(rows_of(table(*[pupil()] * 200))) == 201


def archive(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return file.getvalue()


def test_an_archive_that_unpacks_to_much_is_refused_before_it_is():
    bomb = archive(**{"xl/worksheets/sheet1.xml": b"0" * (table_file.MOST_UNPACKED + 1)})
    assert len(bomb) < 100_000 and refused(rows_of, bomb).rule == "file-bomb"
    assert refused(rows_of, archive(**{f"part{number}": b"" for number in range(301)})).rule == "file-bomb"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_an_archive_with_entities_is_refused(encoding):
    laughs = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><x>&lol;</x>'.encode(encoding)
    assert refused(rows_of, archive(**{"[Content_Types].xml": laughs})).rule == "file-bomb"


def test_a_cell_far_below_costs_nothing():
    book = Workbook()
    book.active.append(HEADER)
    book.active.cell(row=1_048_576, column=1, value="Anna")
    file = io.BytesIO()
    book.save(file)
    assert len(rows_of(file.getvalue())) == 1


def test_every_refusal_of_a_file_stands_beside_it():
    for sent in (b"", b"PK\x03\x04", b"\x00"):
        with pytest.raises(Refusal) as told:
            rows_of(sent)
        assert told.value.field == "file"
