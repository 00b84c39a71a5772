"""Letters that look like others, and signs that nobody sees: an id that only looks like one is nobody's."""

import json
from datetime import datetime

import pytest

from pdp.errors import TransitionError
from pdp.ledger.body import statement
from pdp.workdays import SHANGHAI

AT = datetime(2026, 1, 1, tzinfo=SHANGHAI)
BODY = {"id": "A", "name": "A", "level": "district", "basis": "administrative_organ"}
LOOKS_LIKE_B = {
    "full width": "\uff22", "Greek": "\u0392", "Cyrillic": "\u0412", "mathematical": "\U0001d401",
    "script": "\u212c", "small capital": "\u0299", "with a joiner": "B\u200d", "with a blank of no width": "B\u200b",
    "soft hyphen": "B\u00ad", "byte order mark": "\ufeffB", "right to left": "\u202eB",
    "isolated": "\u2066B\u2069", "with an accent": "B\u0301", "another case": "b", "a blank behind": "B ",
    "a blank before": " B", "a no-break blank": "B\u00a0", "a tag": "B\U000e0042", "a variation": "B\ufe0f",
    "circled": "\u24b7", "doubled": "BB", "encoded": "%42", "escaped": "&#66;", "NUL": "B\x00", "a line feed": "B\n",
    "Armenian": "\u0532", "Cherokee": "\u13f4", "Lisu": "\ua4d0",
}  # fmt: skip
HIDDEN = {
    "right to left": "\u202e", "left to right": "\u202d", "isolate": "\u2067", "mark": "\u200f",
    "Arabic mark": "\u061c", "no width": "\u200b", "joiner": "\u200d", "word joiner": "\u2060",
    "byte order mark": "\ufeff", "soft hyphen": "\u00ad", "line feed": "\n",
    "carriage return": "\r", "escape": "\x1b[31m", "bell": "\x07", "next line": "\x85",
    "line separator": "\u2028", "paragraph separator": "\u2029", "tag": "\U000e0041", "private": "\ue000",
    "delete": "\x7f", "NUL": "\x00",
}  # fmt: skip


HIDING = [look for look, text in LOOKS_LIKE_B.items() if "B" in text and text != "BB"]
"""Those in which the letter stands with something that is not seen."""


@pytest.mark.parametrize("look", LOOKS_LIKE_B)
def test_an_id_that_only_looks_like_one_is_nobodys(ask, question, service, look):
    question["subject"]["id"] = LOOKS_LIKE_B[look]

    assert refused(ask(question), service)


@pytest.mark.parametrize("look", HIDING)
def test_neither_data_nor_scenarios_are_found_under_names_that_only_look_like_theirs(ask, question, service, look):
    other = json.loads(json.dumps(question))
    other["resource"]["id"] = LOOKS_LIKE_B[look].replace("B", "R")
    assert refused(ask(other), service)

    question["context"]["scenario"] = LOOKS_LIKE_B[look].replace("B", "sc-1")
    assert refused(ask(question), service, 2)


def refused(response, service, times=1) -> bool:
    """Return whether a question was refused, or was none, and that it is on record."""
    assert len(service.questions) + len(service.rejections) == times
    return response.status_code == 400 or (response.status_code == 200 and response.json()["decision"] is False)


@pytest.mark.parametrize("sign", HIDDEN)
@pytest.mark.parametrize("member", ["id", "name"])
def test_text_that_reads_otherwise_than_it_is_written_is_no_statement(sign, member):
    assert statement("body.registered", BODY, AT, "registrar").body["name"] == "A"

    with pytest.raises(TransitionError, match=member):
        statement("body.registered", BODY | {member: f"A{HIDDEN[sign]}B"}, AT, "registrar")
