"""A calendar as programs read it: RFC 5545, by the library and by its rules of writing."""

import datetime

import pytest
from icalendar import Calendar

from applications.notify.calendar.calendar_file import ALARMS, calendar_file
from applications.notify.calendar.deadlines import Deadline, read_deadline

AT = datetime.datetime(2026, 9, 30, 9, 30, tzinfo=datetime.UTC)
CHANGED = datetime.datetime(2026, 9, 1, 0, 0, tzinfo=datetime.UTC)
DUE = Deadline(
    "application-7-20260901", "修改期限，尚未重新提交", AT, "/applications/7/", "JNDS2026-0007"
)
VISIT = Deadline("visit-7", "实地考察", AT, "/review/7/", "JNDS2026-0007", is_visit=True)


def read(entries):
    return Calendar.from_ical(calendar_file(entries)).walk("VEVENT")


def test_it_is_read_again_as_it_was_meant(settings):
    settings.SITE_URL = "https://portal.example.invalid"
    [event] = read([(DUE, 3, CHANGED)])
    assert event["uid"] == "application-7-20260901@portal.example.invalid"
    assert event["dtstart"].dt == AT
    assert event["sequence"] == 3
    assert event["last-modified"].dt == event["dtstamp"].dt == CHANGED
    assert event["summary"] == "修改期限，尚未重新提交（JNDS2026-0007）"
    assert event["url"] == "https://portal.example.invalid/applications/7/"
    assert event["transp"] == "TRANSPARENT"
    assert [alarm["trigger"].dt for alarm in event.walk("VALARM")] == [-each for each in ALARMS]
    [visit] = read([(VISIT, 0, CHANGED)])
    assert "transp" not in visit


def test_its_times_are_utc_and_written_so():
    """No VTIMEZONE is needed, and none that a program has to believe."""
    shanghai = datetime.timezone(datetime.timedelta(hours=8))
    local = Deadline("a", "期限", datetime.datetime(2026, 9, 30, 17, 30, tzinfo=shanghai), "/")
    body = calendar_file([(local, 0, CHANGED)])
    assert b"\r\nDTSTART:20260930T093000Z\r\n" in body
    assert b"TZID" not in body


@pytest.mark.parametrize("length", range(1, 90))
def test_lines_are_folded_at_75_octets_within_no_character(length):
    """RFC 5545, 3.1: lines end with CRLF, a folded one goes on after a blank."""
    title = "龘" * length
    body = calendar_file([(Deadline("a", title, AT, "/"), 0, CHANGED)])
    assert body.endswith(b"END:VCALENDAR\r\n")
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
        assert b"\n" not in line
    [event] = Calendar.from_ical(body).walk("VEVENT")
    assert event["summary"] == title


def test_what_stands_in_a_title_ends_no_line():
    title = "一,二;三\\四\n五：六"
    [event] = read([(Deadline("a", title, AT, "/"), 0, CHANGED)])
    assert event["summary"] == title


def test_it_has_what_every_calendar_has_to_have():
    calendar = Calendar.from_ical(calendar_file([]))
    assert (calendar["version"], calendar["prodid"]) == (
        "2.0",
        "-//Wuhan Skill Master Studios//Deadlines//ZH",
    )
    assert calendar.errors == []
    for event in read([(DUE, 0, CHANGED)]):
        assert event.errors == []
        assert {"UID", "DTSTAMP", "DTSTART"} <= set(event)


def test_the_same_entries_give_the_same_bytes():
    entries = [(DUE, 1, CHANGED), (VISIT, 0, CHANGED)]
    assert calendar_file(entries) == calendar_file(entries)


def test_a_deadline_is_kept_with_its_message_and_read_again():
    assert read_deadline(DUE.as_json) == DUE
    assert read_deadline(VISIT.as_json) == VISIT
