"""A whole service with a body's real OPA server behind it: asked, recorded, told, and replayed without it."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path

import pytest

from adapters.assemble import Installation, build_service
from adapters.callers import LOCAL, Detail
from adapters.engines.opa_process import opa_process
from adapters.gateways.authzen import parse
from adapters.gateways.authzen_answer import AnswerWriter
from adapters.gateways.decision_model import DecisionShown
from adapters.gateways.words_in_force import words_of
from adapters.overlay_settings import OverlaySettings
from adapters.settings import SettingsError, load_settings
from pdp.explain import explain
from pdp.log.entry import record_of
from pdp.log.readable import legend_in, spell_out
from pdp.log.replay import Law, Replayer

ROOT = Path(__file__).parents[2]
QUESTION = json.loads((ROOT / "examples/ask_permit_unconditional.json").read_bytes())
OVERLAY = {
    "id": "bureau", "body": "xicheng-zhengwu", "path": "limits/findings", "articles": ["art_39__para_1"],
    "basis": "《某局数据安全管理规定》第五条", "deadline_ms": 2000,
    "titles": {"reading_room": "在线查看的,到阅览室办理"},
}  # fmt: skip


def settings_with(data: Path, *overlays: dict[str, object]):
    """Return settings of a service whose deadlines do not run out on a busy machine."""
    chosen = {"data": data, "port": 0, "deadline_ms": 60_000, "overlays": list(overlays)}
    return load_settings(chosen, {})


def ask(mode: str) -> bytes:
    return json.dumps({**QUESTION, "context": {**QUESTION["context"], "mode": mode}}).encode()


@pytest.mark.opa
def test_a_body_limits_on_its_own_server_and_everything_tells_of_it(tmp_path):
    async def course(made: Installation, stop) -> list[object]:
        await made.begin()
        service = made.service
        refused = await service.answer(parse(ask("online_view"), LOCAL), ask("online_view"))
        permitted = await service.answer(parse(ask("api"), LOCAL), ask("api"))
        stop()
        doubted = await service.answer(parse(ask("api"), LOCAL), ask("api"))
        await made.end()
        return [refused, permitted, doubted]

    with opa_process() as url:
        limits = (ROOT / "examples/overlays/limits.rego").read_bytes()
        put = urllib.request.Request(f"{url}/v1/policies/limits", limits, method="PUT")  # noqa: S310 -- this test's server
        urllib.request.urlopen(put).close()  # noqa: S310 -- this test's server
        with build_service(settings_with(tmp_path / "data", {**OVERLAY, "url": url})) as made:

            def stop() -> None:
                package = urllib.request.Request(f"{url}/v1/policies/limits", method="DELETE")  # noqa: S310 -- as above
                urllib.request.urlopen(package).close()  # noqa: S310 -- this test's server

            refused, permitted, doubted = asyncio.run(course(made, stop))
            service = made.service
            writer = AnswerWriter(service.rulebook, service.policy.instrument)
            told = [json.loads(writer.render(answer, Detail.FULL)) for answer in (refused, permitted, doubted)]
            ways = {ground.id: ground.remedy for ground in service.rulebook.grounds.values()}
            law = Law(service.in_force.recorder.set, service.policy.vocabulary, service.rulebook.judge, ways)
            by_id = {
                record["id"]: record for _, entry in made.log.records() if (record := json.loads(record_of(entry)))
            }
            records = [by_id[answer.id] for answer in (refused, permitted, doubted)]
            legend = legend_in(made.log.records(), law.set)
            words = words_of(service.rulebook, service.policy.instrument)
            explained = explain(spell_out(records[0], legend), words).plain()

    assert [one["context"]["outcome"] for one in told] == ["REFER", "PERMIT", "INDETERMINATE"]
    for one in told:
        DecisionShown.model_validate(one)
    (ground,) = told[0]["context"]["grounds"]
    assert ground["rule"] == "bureau:reading_room"
    assert (ground["overlay"], ground["body"], ground["basis"]) == ("bureau", "xicheng-zhengwu", OVERLAY["basis"])
    assert ground["texts"]
    assert told[0]["context"]["reason_user"]["zh"] == "在线查看的,到阅览室办理。"
    assert told[2]["context"]["grounds"][0]["reason"] == "undefined"
    assert [Replayer(law).replay(record) for record in records] == [None] * 3
    assert OVERLAY["basis"] in explained["overlays"]["zh"][0]
    assert "在线查看的,到阅览室办理" in explained["grounds"]["zh"][0]


def test_an_overlay_that_rests_on_an_article_that_is_not_in_the_law_refuses_the_start(tmp_path):
    strange = {**OVERLAY, "url": "http://127.0.0.1:8181", "articles": ["art_99"]}

    with (
        pytest.raises(SettingsError, match=r"bureau: art_99 is not in the law"),
        build_service(settings_with(tmp_path / "data", strange)),
    ):
        pass


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"url": "http://opa.example.gov.cn"}, "https address, or an http one on this machine"),
        ({"url": "https://user@opa.example.gov.cn"}, "without user and path"),
        ({"url": "https://opa.example.gov.cn/v1"}, "without user and path"),
        ({"url": "https://opa.example.gov.cn?x"}, "without user and path"),
        ({"url": "https://opa.example.gov.cn:port"}, "must be an https address"),
        ({"path": "limits/../findings"}, "should match pattern"),
        ({"path": "/limits"}, "should match pattern"),
        ({"id": "Bureau"}, "should match pattern"),
        ({"articles": ["art_0"]}, "should match pattern"),
        ({"articles": [], "basis": None}, "add articles or basis"),
        ({"basis": "a\u202eb"}, "without control characters"),
        ({"titles": {"overlay_unavailable": "不明"}}, "take it out of titles"),
        ({"deadline_ms": 91}, "set at most 90"),
        ({"strange": 1}, "[Ee]xtra"),
    ],
)
def test_an_overlay_that_cannot_be_used_is_refused_with_what_to_do(changes, fault):
    overlay = {**OVERLAY, "deadline_ms": 50, "url": "https://opa.example.gov.cn", **changes}

    with pytest.raises(SettingsError, match=fault):
        load_settings({"overlays": [overlay]}, {})


def test_two_overlays_cannot_have_one_id():
    overlay = {**OVERLAY, "deadline_ms": 50, "url": "https://opa.example.gov.cn"}

    with pytest.raises(SettingsError, match="an id stands twice"):
        load_settings({"overlays": [overlay, overlay]}, {})


def test_without_overlays_nobody_is_asked():
    assert load_settings({}, {}).overlays == ()


def test_what_is_declared_is_what_decisions_name():
    declared = OverlaySettings.model_validate({**OVERLAY, "url": "https://opa.example.gov.cn", "providers": ["P"]})

    limits = declared.limits
    assert (limits.id, limits.body, limits.articles, limits.basis) == (
        "bureau", "xicheng-zhengwu", ("art_39__para_1",), OVERLAY["basis"],
    )  # fmt: skip
    assert (limits.providers, limits.datasets) == (frozenset({"P"}), frozenset())


def test_the_page_on_overlays_shows_the_example_that_is_tested():
    page = (ROOT / "docs/overlays.md").read_text(encoding="utf-8")

    assert f"```rego\n{(ROOT / 'examples/overlays/limits.rego').read_text(encoding='utf-8')}```" in page
