"""What ships, told in both languages."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from causalkpi import cli
from causalkpi.listing import data_text, worlds_text


@pytest.mark.parametrize("command", ["graphs", "worlds", "data"])
def test_every_list_is_there_in_dutch(command):
    english, dutch = (CliRunner().invoke(cli.main, [command, "--language", word]) for word in ("en", "nl"))
    assert english.exit_code == dutch.exit_code == 0, dutch.output
    assert english.output != dutch.output
    assert len(english.output.splitlines()) == len(dutch.output.splitlines())


def test_the_dutch_lists_hold_no_english():
    assert "klantloyaliteit" in data_text("nl")
    for english in (" are ours", "Simulated", "branch", "quarter"):
        assert english not in data_text("nl") + worlds_text("nl")
