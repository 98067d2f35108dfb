"""Quotas in words, as values alone."""

from zoneinfo import ZoneInfo

import pytest

from tests.tui.sample import NOW
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.quota_texts import alert_lines
from tokenmon.tui.reading.quotas import read_quotas
from tokenmon.tui.texts import plain


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (60, ["None: alerts need a webhook.", "tokenmon config set alerts.webhook_url URL"]),
        (36, ["None: alerts need a webhook.", "tokenmon config set", "  alerts.webhook_url URL"]),
        (24, ["None: alerts need a", "  webhook.", "tokenmon config set", "  alerts.webhook_url URL"]),
    ],
)
def test_a_command_that_alerts_need_is_never_cut(session: Session, width: int, lines: list[str]) -> None:
    found = read_quotas(Asking(session.store, session.settings, NOW))

    assert [plain(line) for line in alert_lines(found, ZoneInfo("UTC"), width=width)] == lines
    # Before the first layout there is no room at all.
    assert alert_lines(found, ZoneInfo("UTC"), width=0)
