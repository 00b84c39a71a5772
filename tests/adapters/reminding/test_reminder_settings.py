"""Promises of the settings of reminders: nothing leaves this machine without TLS, and none is sent unasked."""

from __future__ import annotations

import pytest

from adapters.reminder_settings import ReminderSettings
from adapters.settings import Settings, SettingsError, load_settings


def loaded(tmp_path, *lines: str) -> Settings:
    """Return the settings of a file with these lines below `reminders`."""
    file = tmp_path / "pdp.yaml"
    file.write_text("reminders:\n" + "".join(f"  {line}\n" for line in lines), encoding="utf-8")
    return load_settings({}, {}, file)


def test_unasked_nobody_is_reminded(tmp_path):
    assert Settings().reminders is None
    assert load_settings({}, {"PDP_REMINDERS": "https://elsewhere.example"}).reminders is None
    assert loaded(tmp_path, "url: https://r.example/in", "key_file: k").reminders == ReminderSettings(
        url="https://r.example/in", key_file="k", at="08:30", retry={"max_attempts": 10, "timeout_seconds": 10}
    )


@pytest.mark.parametrize(
    "url", ["https://r.example/a?b=c", "http://127.0.0.1:9/x", "http://[::1]/", "http://localhost"]
)
def test_a_receiver_is_reached_over_tls_or_is_this_machine(tmp_path, url):
    assert loaded(tmp_path, f"url: '{url}'", "key_file: k").reminders.url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://r.example/", "http://10.0.0.1/", "http://localhost.example/", "http://127.0.0.1@r.example/",
        "https://user:word@r.example/", "https://r.example/#part", "https://", "https://r.example/a b",
        "https://r.example:port/", "https://[::1", "ftp://127.0.0.1/", "r.example", "",
    ],
)  # fmt: skip
def test_every_other_address_is_refused(tmp_path, url):
    with pytest.raises(SettingsError, match=r"reminders\.url: must be an https address"):
        loaded(tmp_path, f"url: '{url}'", "key_file: k")


@pytest.mark.parametrize("at", ["10:30", "'24:00'", "'8:30'", "'08:60'", "'08:30:00'", "8"])
def test_the_hour_is_a_time_of_day_and_a_number_that_yaml_makes_of_it_is_explained(tmp_path, at):
    with pytest.raises(SettingsError, match=r"reminders\.at: must be a time of day in quotes"):
        loaded(tmp_path, "url: https://r.example/in", "key_file: k", f"at: {at}")


@pytest.mark.parametrize("retry", ["max_attempts: 0", "max_attempts: 101", "timeout_seconds: 61", "forever: true"])
def test_tries_are_bounded(tmp_path, retry):
    with pytest.raises(SettingsError, match=r"reminders\.retry"):
        loaded(tmp_path, "url: https://r.example/in", "key_file: k", f"retry: {{{retry}}}")
