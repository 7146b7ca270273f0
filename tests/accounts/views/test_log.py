"""操作日志: the administrator's page of the log and its Excel file."""

import datetime
import io

import openpyxl
import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from accounts.roles import Role
from operations import audit_log
from tests.factories import make_user

pytestmark = pytest.mark.django_db

Kind = AuditEntry.Kind
PAGE = reverse("accounts:audit_log")
FILE = reverse("operations:audit_log")


@pytest.fixture
def admin(client):
    user = make_user(Role.ADMIN, "管理员甲")
    client.force_login(user)
    return user


def on(day, **fields):
    """Write a line as if it were some other day, in Shanghai."""
    at = timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))
    line = AuditEntry(kind=Kind.LOGIN, at=at, **fields)
    line.follow((AuditEntry.objects.count(), ""))
    line.save()
    return line


def subjects(response):
    return [line.subject for line in response.context["page_obj"]]


def test_the_latest_lines_come_first_and_name_who_what_and_from_where(client, admin, rf):
    office = make_user(Role.OFFICE, "经办乙")
    request = rf.get("/", REMOTE_ADDR="192.0.2.7")
    log_entry(Kind.SETTINGS, user=office, subject="评选批次")
    log_entry(Kind.DOWNLOAD, request, user=office, subject="JNDS2026-0001 附件2")
    response = client.get(PAGE)
    assert subjects(response) == ["JNDS2026-0001 附件2", "评选批次"]
    for text in ("打开文件", "评审办公室 经办乙", "192.0.2.7"):
        assert text in response.content.decode()


def test_it_is_filtered_by_kind_person_and_day(client, admin):
    office = make_user(Role.OFFICE, "经办乙")
    log_entry(Kind.LOGIN, user=office, subject="甲")
    log_entry(Kind.EXPORT, user=office, subject="乙")
    log_entry(Kind.EXPORT, user=admin, subject="丙")
    on(datetime.date(2026, 3, 1), subject="丁")
    on(datetime.date(2026, 3, 2), subject="戊")
    today = timezone.localdate()
    for asked, expected in (
        ({"kind": "EXPORT"}, ["丙", "乙"]),
        ({"person": "经办乙"}, ["乙", "甲"]),
        ({"person": office.email, "kind": "LOGIN"}, ["甲"]),
        ({"person": "无此人"}, []),
        ({"since": "2026-03-02", "until": "2026-03-02"}, ["戊"]),
        ({"until": "2026-03-01"}, ["丁"]),
        ({"since": today.isoformat(), "kind": "LOGIN"}, ["甲"]),
    ):
        assert subjects(client.get(PAGE, asked)) == expected, asked


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"since": "2026-03-02", "until": "2026-03-01"}, "结束日期早于开始日期"),
        ({"since": "3月"}, "请按“年-月-日”填写日期"),
        ({"kind": "别的"}, "选择一个有效的选项"),
        ({"person": "example.invalid"}, "请写得更具体"),
    ],
)
def test_a_filter_that_cannot_be_read_says_why(client, admin, monkeypatch, asked, words):
    monkeypatch.setattr("accounts.views.log.PEOPLE", 1)
    make_user(Role.OFFICE)
    log_entry(Kind.LOGIN, user=admin)
    response = client.get(PAGE, asked)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert subjects(response) == []
    assert client.get(FILE, asked).url.startswith(PAGE)


@pytest.mark.parametrize("lines", [1, 30])
def test_costs_the_same_with_1_and_30_lines(client, admin, django_assert_num_queries, lines):
    for _ in range(lines):
        log_entry(Kind.DOWNLOAD, user=make_user(Role.OFFICE, "经办乙"), subject="附件2")
    with django_assert_num_queries(5):  # session, user, people, number of lines, lines
        response = client.get(PAGE, {"kind": "DOWNLOAD", "person": "经办乙"})
    assert len(subjects(response)) == lines


@pytest.mark.postgres
@pytest.mark.parametrize("asked", [{}, {"kind": "LOGIN"}, {"user": 1}])
def test_the_filters_have_an_index(asked):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # as with more lines than the tests have
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    found = AuditEntry.objects.filter(**asked).order_by("-at", "-pk")[:50]
    columns = [*asked, "at"]
    index = next(each for each in AuditEntry._meta.indexes if each.fields == columns)
    assert index.name in found.explain()


def test_the_excel_file_has_the_same_lines_and_is_itself_on_record(client, admin):
    log_entry(Kind.EXPORT, user=admin, subject="=1+1", rows=3)
    log_entry(Kind.LOGIN, user=admin)
    response = client.get(FILE, {"kind": "EXPORT"})
    made = b"".join(response.streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(made)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[2] == tuple(column.header for column in audit_log.COLUMNS)
    assert len(rows) == 4
    assert rows[3][1] == "导出"
    assert rows[3][6] == '{"rows":3}'
    assert "筛选条件：导出" in rows[1][0]
    assert (sheet["E4"].value, sheet["E4"].data_type) == ("=1+1", "s")
    last = AuditEntry.objects.first()
    assert (last.kind, last.subject, last.data) == ("EXPORT", "操作日志", {"rows": 1})


def test_too_many_lines_for_a_file_lead_back(client, admin, monkeypatch):
    monkeypatch.setattr(audit_log, "LIMIT", 1)
    for _ in range(2):
        log_entry(Kind.LOGIN, user=admin)
    response = client.get(FILE, follow=True)
    assert "请缩小日期范围后再导出" in response.content.decode()
