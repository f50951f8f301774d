from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron expression of five fields, or six with seconds first, in a time zone."""

    expression: str = "* * * * *"
    timezone: str = "UTC"

    @classmethod
    def parse(cls, text: str, *, timezone: str = "") -> Self:
        """Read a PingSource's schedule; raise ValueError if it can never be due."""
        schedule = cls(_DESCRIPTORS.get(text, text).replace("?", "*"), timezone or "UTC")
        try:
            schedule.after(datetime.now(UTC))
        except CronSimError as error:
            raise ValueError(
                f"the schedule {text!r} is not cron ({error}); write five fields, or six with "
                "seconds first, or @hourly, @daily, @weekly, @monthly, @yearly"
            ) from error
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {timezone!r}") from error
        except StopIteration as error:
            raise ValueError(f"the schedule {text!r} is never due") from error
        return schedule

    def after(self, moment: datetime) -> datetime:
        """Return the first time strictly after ``moment`` that is due."""
        return next(CronSim(self.expression, moment.astimezone(self._zone)))

    @property
    def _zone(self) -> tzinfo:
        return UTC if self.timezone in {"UTC", "Etc/UTC"} else ZoneInfo(self.timezone)
