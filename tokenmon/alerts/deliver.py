"""Delivering due alerts, each once: noted in the database first, so that two proxies send one message."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from tokenmon.alerts.decide import Alert, due_alert
from tokenmon.alerts.webhook import LONG, SHORT, Patience, post_json
from tokenmon.analytics.quotas import QuotaState, quota_states
from tokenmon.core.money import decimal_text
from tokenmon.errors import TokenmonError
from tokenmon.session import Session

logger = logging.getLogger("tokenmon.alerts")

# A webhook that is down is not tried again with every record that is stored.
PAUSE_AFTER_FAILURE = timedelta(minutes=5)
NEXT_TRY = "alerts.next_try"


def evaluate_and_deliver(
    session: Session, states: Sequence[QuotaState] | None = None, *, patience: Patience = LONG
) -> list[Alert]:
    """Send the alerts that are due to the configured webhook; those that were sent.

    Each threshold is sent once per platform and month, whichever process looks first; without a webhook nothing is
    sent or noted. A failed delivery is logged, ends the look, and is tried again by one five minutes later. `states`
    spares evaluating the quotas again.
    """
    url = session.settings.alerts_webhook_url
    if not url:
        return []
    now = session.now()
    if states is None:
        states = quota_states(session.store, session.store.platforms(), now=now, timezone=session.settings.timezone)
    due = _due(session, states)
    if not due or _is_pausing(session, now):
        return []
    sent: list[Alert] = []
    for alert in due:
        if not _claim(session, alert, now):
            continue
        if not _deliver(session, url, alert, now, patience):
            # What the webhook does not take now, it would not take for the next one either.
            break
        sent.append(alert)
    return sent


def deliver_after_report(session: Session, names: Collection[str]) -> list[Alert]:
    """As `evaluate_and_deliver`, for the platforms of these names alone: calls came for them that no proxy saw.

    Somebody waits for the report: a webhook that is slow gets one short try, and its alert later.
    """
    if not names or not session.settings.alerts_webhook_url:
        return []
    limited = [one for one in session.store.platforms() if one.name in names and one.quota is not None]
    states = quota_states(session.store, limited, now=session.now(), timezone=session.settings.timezone)
    return evaluate_and_deliver(session, states, patience=SHORT)


def _due(session: Session, states: Sequence[QuotaState]) -> list[Alert]:
    platforms = {platform.name: platform for platform in session.store.platforms()}
    due: list[Alert] = []
    for state in states:
        platform = platforms.get(state.platform)
        start = state.period.start
        if platform is None or start is None or state.state == "ok":
            continue
        sent = session.store.sent_thresholds(platform.id, start)
        alert = due_alert(platform, used=state.used, percent=state.percent, period=state.period, sent=sent)
        if alert is not None:
            due.append(alert)
    return due


def _is_pausing(session: Session, now: datetime) -> bool:
    until = session.store.get_meta(NEXT_TRY)
    return until is not None and now < datetime.fromisoformat(until)


def _start(alert: Alert) -> datetime:
    if alert.period.start is None:
        raise ValueError("a quota's period has a start")
    return alert.period.start


def _claim(session: Session, alert: Alert, now: datetime) -> bool:
    """Note an alert as sent; False when another process was faster."""
    return session.store.mark_alert(alert.platform.id, alert.threshold, _start(alert), now)


def _deliver(session: Session, url: str, alert: Alert, now: datetime, patience: Patience) -> bool:
    allow_private = session.settings.alerts_webhook_allow_private
    try:
        post_json(url, message(alert, now), allow_private=allow_private, patience=patience)
    except TokenmonError as error:
        logger.warning("an alert for %s was not delivered: %s", alert.platform.name, error.message)
        session.store.unmark_alert(alert.platform.id, alert.threshold, _start(alert))
        session.store.set_meta(NEXT_TRY, (now + PAUSE_AFTER_FAILURE).isoformat())
        return False
    return True


def message(alert: Alert, now: datetime) -> dict[str, object]:
    """An alert as JSON; `text` is a sentence that chat programs show as it is."""
    return {
        "event": "quota.exceeded" if alert.is_exceeded else "quota.warning",
        "text": alert.text,
        "platform": alert.platform.name,
        "provider_name": alert.platform.provider_name,
        "threshold": alert.threshold,
        "percent": decimal_text(alert.percent),
        "used": decimal_text(alert.used),
        "amount": decimal_text(alert.quota.amount),
        "unit": alert.quota.unit,
        "period": {
            "start": _moment(alert.period.start),
            "end": _moment(alert.period.end),
            "timezone": alert.period.timezone,
        },
        "sent_at": _moment(now),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
