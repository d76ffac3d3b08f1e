"""The side files: read with types, refused by file, line and column."""

import pytest

from impact import LogError
from impact.sides import SIDES, read

PEOPLE = "person,kind,age_band,gender,centre,cohort,disability"


def test_cells_have_their_types_and_empty_is_none(tmp_path):
    (tmp_path / "people.csv").write_text(f"{PEOPLE},more\np1,,11-13,f,N,,no,x\n\np2,org,,,,c1,,x\n")
    (tmp_path / "openings.csv").write_text("space,month,bookable_minutes\nhall,2023-03,600\n")
    found = read(tmp_path)
    assert set(found) == {"people", "openings"}
    first, second = found["people"]
    assert (first["kind"], first["age_band"], first["cohort"], first["disability"]) == ("person", "11-13", None, 0)
    assert (second["kind"], second["disability"]) == ("org", None)
    assert found["openings"] == [{"space": "hall", "month": 2023 * 12 + 2, "bookable_minutes": 600}]


BAD = {
    "people": {
        PEOPLE.replace(",gender", "") + "\n": "line 1, column gender: the column is missing",
        PEOPLE + ",kind\n": "line 1, column kind: the column stands twice",
        PEOPLE + "\n,person,,,,,\n": "line 2, column person: is empty",
        PEOPLE + "\np1,person,12,,,,\n": "line 2, column age_band: '12' is not one of 0-10",
        PEOPLE + "\np1,dog,,,,,\n": "line 2, column kind: 'dog' is not one of person, org",
        PEOPLE + "\np1,person,,,,,maybe\n": "line 2, column disability: 'maybe' is neither yes nor no",
        PEOPLE + '\np1,person,,,"a\nb",,\np1,person,,,,,\n': "line 4, column person: 'p1' stands in an earlier row",
        PEOPLE + "\np1,person\n": "line 2, column age_band: the row has 2 cells and the header 7",
        PEOPLE + '\n"p1\n': "line 2: the row is not CSV",
    },
    "activities": {
        ",".join(SIDES["activities"].columns) + "\na,,space,,,,\n": "line 2, column theme: 'space' is not one of steam",
        ",".join(SIDES["activities"].columns) + "\na,,steam,,-3,,\n": "column scheduled_minutes: '-3' is not a whole number",
    },
    "openings": {
        "space,month,bookable_minutes\nhall,March,60\n": "line 2, column month: 'March' is not a month: write it as in 2023-03",
        "space,month,bookable_minutes\nhall,2023-03,\n": "line 2, column bookable_minutes: is empty",
    },
    "costs": {"activity,month,eligible_cents\na,2023-03,12.50\n": "line 2, column eligible_cents: '12.50' is not a whole number"},
    "schools": {"person,school_year,promoted\np1,2023,\n": "line 2, column promoted: is empty: write yes or no"},
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_bad_cells_are_refused_with_their_place(tmp_path, name, text):
    (tmp_path / f"{name}.csv").write_text(text)
    with pytest.raises(LogError, match=f"{name}.csv") as refused:
        read(tmp_path)
    assert BAD[name][text] in str(refused.value)


def test_bytes_that_are_not_utf8_and_folders_that_are_not_there_are_refused(tmp_path):
    (tmp_path / "people.csv").write_bytes(f"{PEOPLE}\np\xe0,person,,,,,\n".encode("latin-1"))
    with pytest.raises(LogError, match="line 2, column person: the text is not UTF-8"):
        read(tmp_path)
    with pytest.raises(LogError, match="there is no such folder"):
        read(tmp_path / "none")
