"""What the service around a session has to say, joined with the session's own health."""

from dataclasses import replace

from mapprior.horizon.items import Health, HealthState, Update


class ServiceHealth:
    """One reason for each subject; an empty one withdraws it."""

    __slots__ = ("_changed", "_reasons", "_session_health")

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        self._changed = False
        self._session_health = Health(HealthState.OK)

    def said(self, subject: str) -> str:
        """The reason told; empty where there is none."""
        return self._reasons.get(subject, "") if self._reasons else ""

    def say(self, subject: str, reason: str) -> None:
        """Degraded for this reason from here on."""
        if self.said(subject) == reason:
            return
        if reason:
            self._reasons[subject] = reason
        else:
            del self._reasons[subject]
        self._changed = True

    def told(self, update: Update) -> Update:
        """The update, with the health of both where either has changed."""
        if update.health is None and not self._changed:
            return update
        self._changed = False
        self._session_health = health = update.health or self._session_health
        if self._reasons:
            reasons = [r for r in (health.reason, *self._reasons.values()) if r]
            state = max(health.state, HealthState.DEGRADED)
            health = replace(health, state=state, reason="; ".join(reasons))
        return replace(update, health=health)
