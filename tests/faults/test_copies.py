"""One folder has one writer; a copy of it is another log, and that can be proved."""

from __future__ import annotations


def test_a_second_service_on_the_folder_is_refused_and_told_who_is_there(tmp_path, bench) -> None:
    code, found = bench.script("other_scenes", "two_writers", tmp_path)
    assert code == 0, found["said"]
    bench.note("two_writers", **found)


def test_the_two_stories_of_a_log_and_its_clone_are_told_apart(tmp_path, bench) -> None:
    """Without a witness both start; what they sign cannot be proved to be one log."""
    code, found = bench.script("other_scenes", "cloned", tmp_path)
    assert code == 0, found["said"]
    bench.note("cloned", **found)
