"""A calendar as RFC 5545 writes it: one event a deadline, in UTC, which every program converts."""

import datetime
from urllib.parse import urlsplit

from django.conf import settings

NAME = "技能大师工作室申报：我的期限"
PROGRAM = "-//Wuhan Skill Master Studios//Deadlines//ZH"
# How often programs should ask; many ask when they like.
REFRESH = datetime.timedelta(hours=6)
DAY = datetime.timedelta(days=1)
# How long before it a program reminds, as far as it lets subscribed calendars do so.
ALARMS = (3 * DAY, DAY)
VISIT_ALARMS = (DAY,)


def calendar_file(entries):
    """Return a calendar as bytes of UTF-8.

    `entries` are (deadline, SEQUENCE, when it was changed last). The same entries give the same
    bytes: nothing in them is the time of asking.
    """
    # Not before it is needed: 10 MB, which most processes never use.
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", PROGRAM)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", NAME)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for deadline, sequence, changed_at in entries:
        calendar.add_component(_event(deadline, sequence, changed_at))
    return calendar.to_ical()


def _event(deadline, sequence, changed_at):
    from icalendar import Alarm, Event

    address = f"{settings.SITE_URL}{deadline.path}"
    changed_at = changed_at.astimezone(datetime.UTC).replace(microsecond=0)
    event = Event()
    event.add("uid", f"{deadline.what}@{urlsplit(settings.SITE_URL).hostname}")
    # Without a METHOD it is when the entry was changed last (RFC 5545, 3.8.7.2).
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("sequence", sequence)
    # No end: it is a moment.
    event.add("dtstart", deadline.at.astimezone(datetime.UTC).replace(microsecond=0))
    event.add("summary", deadline.title)
    event.add("description", f"请登录查看：{address}")
    event.add("url", address)
    event.add("class", "PRIVATE")
    if not deadline.is_visit:
        event.add("transp", "TRANSPARENT")  # nobody is busy at a deadline
    for before in VISIT_ALARMS if deadline.is_visit else ALARMS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", deadline.title)
        alarm.add("trigger", -before)
        event.add_component(alarm)
    return event
