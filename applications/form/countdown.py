"""How long it is until a deadline: as told by the server, then ticked on by static/js/countdown.js.

Only the difference is sent to the browser, so a wrong clock there changes nothing.
"""

from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60
URGENT = 3 * DAY


@dataclass(frozen=True)
class Countdown:
    """The whole seconds that are left; none are left once the deadline is over."""

    seconds: int
    urgent_below = URGENT

    @classmethod
    def between(cls, now, due):
        return cls(max(0, int((due - now).total_seconds())))

    @property
    def is_over(self):
        return self.seconds == 0

    @property
    def is_urgent(self):
        return self.seconds < self.urgent_below

    def __str__(self):
        days, rest = divmod(self.seconds, DAY)
        hours, minutes = rest // HOUR, rest % HOUR // MINUTE
        if self.is_over:
            return "已经截止，不能再提交"
        if days:
            return f"还有 {days} 天 {hours} 小时"
        if hours:
            return f"还有 {hours} 小时 {minutes} 分钟"
        return f"还有 {minutes} 分钟" if minutes else "还有不到 1 分钟"
