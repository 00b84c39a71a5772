"""Promises of the settings: nothing is open by accident, and every message says what to do."""

from pathlib import Path

import pytest

from adapters.callers import LOCAL, Callers
from adapters.settings import Settings, SettingsError, load_settings

KEY_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # of the key "test"
REGISTERED = {"id": "gateway-1", "key_sha256": [KEY_DIGEST]}


@pytest.fixture
def settings_file(tmp_path):
    def write(text) -> Path:
        path = tmp_path / "pdp.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_without_any_setting_only_this_machine_is_served():
    settings = load_settings({}, {})

    assert (settings.host, settings.port, settings.loopback) == ("127.0.0.1", 8180, True)
    assert settings.registered == (LOCAL,)
    assert settings.any_filesystem


def test_flags_stand_over_variables_and_variables_over_the_file(settings_file):
    file = settings_file("port: 1\nnode: from-file\nvalid_seconds: 5\n")

    settings = load_settings({"port": 3, "host": None}, {"PDP_PORT": "2", "PDP_NODE": "from-variable"}, file)

    assert (settings.port, settings.node, settings.valid_seconds) == (3, "from-variable", 5)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "pdp.example.gov.cn", ""])  # noqa: S104 -- refused here
def test_no_other_machine_is_served_without_keys(host):
    with pytest.raises(SettingsError, match=r"not every caller has a key; register callers"):
        load_settings({"host": host, "tls_ended_by": "nginx"}, {})


def test_no_other_machine_is_served_while_one_caller_has_no_key():
    callers = [REGISTERED, {"id": "open"}]

    with pytest.raises(SettingsError, match="not every caller has a key"):
        load_settings({"host": "10.1.2.3", "tls_ended_by": "nginx", "callers": callers}, {})


def test_no_other_machine_is_served_before_it_is_said_who_ends_tls():
    with pytest.raises(SettingsError, match="set tls_ended_by"):
        load_settings({"host": "10.1.2.3", "callers": [REGISTERED]}, {})


def test_other_machines_are_served_with_keys_and_tls_and_a_known_file_system():
    settings = load_settings({"host": "10.1.2.3", "callers": [REGISTERED], "tls_ended_by": "nginx"}, {})

    assert not settings.loopback
    assert not settings.any_filesystem


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"port": 70000}, "settings: port: input should be less than or equal to 65535"),
        ({"staleness_limit_seconds": 0}, "staleness_limit_seconds: input should be greater than or equal to 1"),
        ({"hots": "127.0.0.1"}, "settings: hots: extra inputs are not permitted"),
        ({"public_url": "http://pdp.example.gov.cn"}, "public_url: must be an https address"),
        ({"engine": "opa_server"}, "opa_url: is needed by engine opa_server"),
        ({"callers": [{"id": "a"}, {"id": "b"}]}, "only one caller can be without a key"),
        ({"callers": [REGISTERED, REGISTERED]}, "an id is registered twice"),
        ({"callers": [REGISTERED, REGISTERED | {"id": "b"}]}, "a key is registered twice"),
        ({"callers": [{"id": "a", "key_sha256": ["short"]}]}, r"settings: callers.0.key_sha256.0"),
    ],
)
def test_a_fault_names_its_place(flags, message):
    with pytest.raises(SettingsError, match=message):
        load_settings(flags, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port: 1\nport: 2\n", r'pdp.yaml:2: "port" stands here twice'),
        ("port: [1\n", r"pdp.yaml:2: .*; mend the settings file"),
        ("- port\n", r"pdp.yaml:1: must be a mapping"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_line(settings_file, text, message):
    with pytest.raises(SettingsError, match=message):
        load_settings({}, {}, settings_file(text))


def test_a_file_that_is_not_there_is_no_empty_file(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings({}, {}, tmp_path / "absent.yaml")


def test_a_caller_is_known_by_its_key_alone():
    settings = Settings.model_validate({"callers": [REGISTERED]})
    callers = Callers(settings.registered)

    assert callers.who(b"Bearer test") is settings.callers[0]
    assert callers.who(b"bearer test") is settings.callers[0]
    assert {callers.who(sent) for sent in (None, b"", b"Bearer ", b"Bearer", b"Bearer tes", b"Basic test")} == {None}


def test_both_keys_of_a_rotation_are_good():
    caller = REGISTERED | {"key_sha256": [KEY_DIGEST, "0" * 64]}
    callers = Callers(Settings.model_validate({"callers": [caller]}).registered)

    found = callers.who(b"Bearer test")

    assert found is not None
    assert found.id == "gateway-1"


def test_the_one_caller_without_a_key_is_whoever_sends_none():
    callers = Callers(Settings.model_validate({"callers": [REGISTERED, {"id": "trino"}]}).registered)

    assert [caller and caller.id for caller in (callers.who(None), callers.who(b"Bearer no"))] == ["trino", None]


WITNESS = {"name": "a", "vkey": "a.example.gov.cn/witness+58c10479+BIE5dw6ofRdf", "url": "https://a.example.gov.cn/"}
RENAMED = {**WITNESS, "name": "b", "vkey": "b.example.gov.cn/witness+0a0b0c0d+BIE5dw6ofRdf"}


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ({"quorum": 1}, "a quorum of 1 needs as many witnesses, and 0 are named"),
        ({"quorum": 2, "witnesses": [WITNESS, WITNESS]}, "a witness is named twice; it counts once"),
        ({"quorum": 2, "witnesses": [WITNESS, RENAMED]}, "two witnesses have one key, which counts once"),
        ({"overdue_seconds": 60}, "overdue_seconds is less than late_seconds"),
        ({"witness_name": "a.example.gov.cn/witness"}, "witness_name and witness_for belong together"),
    ],
)
def test_a_log_is_not_kept_under_settings_that_cannot_hold(log, message):
    with pytest.raises(SettingsError, match=message):
        load_settings({"log": log}, {})
