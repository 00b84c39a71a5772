"""Promises of the strict door: what Casbin would read otherwise than a lawyer is refused with its line."""

from __future__ import annotations

import pytest

from adapters.files.tables import read_table
from pdp.errors import PolicyError

COLUMNS = {"relation": ("sharing", "opening"), "channel": ("platform", "chain")}
PATH, MODEL_PATH = "policies/tables/example.csv", "policies/models/example.conf"
TABLE = """# p, relation, channel , rule
# art_1__para_1, art_2__para_1 共享的,通过平台
p  , sharing , platform, share
p  , sharing , chain   , share
# art_3__para_1 开放的
p  , opening , *       , open
"""
MODEL = """# May this be granted at all?
[request_definition]
r = relation, channel

[policy_definition]
p = relation, channel, rule

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.relation == p.relation && (p.channel == "*" || r.channel == p.channel)
"""


def read(table=TABLE, model=MODEL):
    return read_table("example", {PATH: table.encode(), MODEL_PATH: model.encode()}, COLUMNS)


def test_a_table_is_read_with_its_groups():
    table = read()

    assert [(row.cells, row.rule, row.line) for row in table.rows] == [
        (("sharing", "platform"), "share", 3),
        (("sharing", "chain"), "share", 4),
        (("opening", "*"), "open", 6),
    ]
    assert table.columns == ("relation", "channel")
    assert table.articles == {"share": ("art_1__para_1", "art_2__para_1"), "open": ("art_3__para_1",)}
    assert table.titles == {"share": "共享的,通过平台", "open": "开放的"}
    assert table.model == MODEL


CHANGED = {  # (old, new) -> line, words
    ("# p, relation, channel ,", "# p, relation, canal ,"): (1, "does not name the columns"),
    ("# p, relation, channel , rule\n", ""): (1, "does not name the columns"),
    ("# art_1__para_1, art_2__para_1 共享的,通过平台\n", ""): (2, "stands in no group"),
    ("# art_1__para_1, art_2__para_1 共享的,通过平台", "# a note"): (2, "opens no group"),
    ("# art_1__para_1, art_2__para_1 共享的,通过平台", "# art_1__para_1"): (2, "opens no group"),
    ("# art_1__para_1, art_2__para_1", "# art_1_para_1"): (2, "is no unit of the law"),
    ("# art_3__para_1 开放的\n", "# art_3__para_1 开放的\n# art_4__para_1 又\n"): (6, "has no rows"),
    ("p  , opening , *       , open\n", ""): (5, "a group without rows"),
    ("# art_3__para_1 开放的\n", ""): (5, "stands in the group of share"),
    ("chain   , share", "chain   , other"): (4, "stands in the group of share"),
    ("opening , *       , open", "opening , *       , share"): (6, "has a group already"),
    ("p  , sharing , platform", "p2 , sharing , platform"): (3, "is no kind of row"),
    ("p  , sharing , platform", "P  , sharing , platform"): (3, "is no kind of row"),
    ("p  , sharing , platform", "g  , sharing , platform"): (3, "is no kind of row"),
    ("p  , sharing , platform", " p , sharing , platform"): (3, "is no kind of row"),
    ("# art_3__para_1", "\n# art_3__para_1"): (5, "the line is blank"),
    ("platform, share", "platform, share, allow"): (3, "4 cells, 3 are due"),
    ("platform, share", "share"): (3, "2 cells, 3 are due"),
    ("platform, share", "platform, share # art 3"): (3, "is no rule id"),
    ("platform, share", "platform, *"): (3, "is no rule id"),
    ("platform, share", "platform, "): (3, "is no rule id"),
    ("sharing , platform", "sharign , platform"): (3, 'did you mean "sharing"'),
    ("sharing , platform", "Sharing , platform"): (3, "cannot stand in a cell"),
    ("sharing , platform", '"sharing", platform'): (3, "cannot stand in a cell"),
    ("sharing , platform", "shar.*  , platform"): (3, "cannot stand in a cell"),
    ("sharing , platform", "        , platform"): (3, "cannot stand in a cell"),
    ("sharing , platform", "*       , platform"): (3, "* matches nothing in relation"),
    ("sharing , chain   ", "sharing , platform"): (4, "granted twice: row 3"),
    ("sharing , chain   ", "sharing , *       "): (4, "granted twice: row 3"),
    ("sharing , chain", "sharing\t, chain"): (4, "control character"),
    ("platform, share\n", "platform, share\r\n"): (3, "control character"),
    ("platform, share\n", "platform, share\u2028\n"): (3, "control character"),
    ("platform, share\n", "platform, sh\u200bare\n"): (3, "control character"),
    ("*       , open\n", "*       , open"): (6, "cut off"),
}


@pytest.mark.parametrize("change", CHANGED)
def test_a_table_of_another_shape_is_refused_at_its_line(change):
    line, words = CHANGED[change]

    with pytest.raises(PolicyError) as refused:
        read(TABLE.replace(*change, 1))
    assert (refused.value.path, refused.value.line) == (PATH, line)
    assert words in str(refused.value)


@pytest.mark.parametrize("length", range(len(TABLE)))
def test_a_table_cut_at_any_character_is_refused_or_shorter(length):
    cut = TABLE[:length]
    if cut.endswith(", share\n"):  # whole rows of a whole group: only the signed manifest can tell
        assert len(read(cut).rows) < len(read().rows)
        return
    with pytest.raises(PolicyError):
        read(cut)


def test_bytes_that_are_no_text_are_refused_at_their_line():
    with pytest.raises(PolicyError, match=r"example\.csv:2: is not UTF-8"):
        read_table("example", {PATH: b"# p\n\xff\n", MODEL_PATH: MODEL.encode()}, COLUMNS)


@pytest.mark.parametrize("missing", [PATH, MODEL_PATH])
def test_a_missing_file_is_named(missing):
    files = {PATH: TABLE.encode(), MODEL_PATH: MODEL.encode()}
    del files[missing]

    with pytest.raises(PolicyError, match=f"{missing}:1: is missing"):
        read_table("example", files, COLUMNS)


MATCHER = 'r.relation == p.relation && (p.channel == "*" || r.channel == p.channel)'
MODELS = {  # (old, new) -> line, words
    ("some(where (p.eft == allow))", "!some(where (p.eft == deny))"): (9, "only grants"),
    ("some(where (p.eft == allow))", "priority(p.eft) || deny"): (9, "only grants"),
    ("p = relation, channel, rule", "p = relation, channel, eft"): (6, "not those of the table"),
    ("p = relation, channel, rule", "p = relation, channel, rule, eft"): (6, "not those of the table"),
    ("p = relation, channel, rule", "p = relation, channel, rule\np2 = relation, channel"): (7, "is out of place"),
    ("r = relation, channel", "r = channel, relation"): (3, "not those of the table"),
    (MATCHER, f'{MATCHER} || r.relation == "root"'): (12, "is no comparison of channel"),
    (MATCHER, "eval(p.relation) && r.channel == p.channel"): (12, "is no comparison of relation"),
    (MATCHER, "keyMatch(r.relation, p.relation) && r.channel == p.channel"): (12, "is no comparison of relation"),
    (MATCHER, "regexMatch(r.relation, p.relation) && r.channel == p.channel"): (12, "is no comparison of relation"),
    (MATCHER, "r.relation != p.relation && r.channel == p.channel"): (12, "is no comparison of relation"),
    (MATCHER, "r.relation == p.relation"): (12, "1 comparisons, 2 are due"),
    (MATCHER, f"{MATCHER} && r.channel == p.channel"): (12, "3 comparisons, 2 are due"),
    (MATCHER, "r.relation == p.relation && r.relation == p.relation"): (12, "is no comparison of channel"),
    ("[matchers]\n", "[matchers]\nm2 = true\n"): (12, "is out of place"),
    ("[matchers]", "[role_definition]\ng = _, _\n[matchers]"): (12, "is out of place"),
    ("[policy_effect]\n", ""): (8, "is out of place"),
    ("[policy_effect]\ne = some(where (p.eft == allow))\n", ""): (1, "[policy_effect] is missing"),
}


@pytest.mark.parametrize("change", MODELS)
def test_a_model_that_does_more_than_compare_is_refused_at_its_line(change):
    line, words = MODELS[change]

    with pytest.raises(PolicyError) as refused:
        read(model=MODEL.replace(*change, 1))
    assert (refused.value.path, refused.value.line) == (MODEL_PATH, line)
    assert words in str(refused.value)
