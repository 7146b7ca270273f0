"""The log as Excel, as the administrator has filtered it."""

from django.utils import timezone

from accounts.chains import canonical
from accounts.roles import Role
from documents.workbook import Column, Sheet, content_of, new_book

TITLE = "操作日志"
# A workbook of more lines takes long; the page says to ask for fewer days.
LIMIT = 5000
COLUMNS = [
    Column("时间", 19),
    Column("类别", 13),
    Column("操作人", 28, "LEFT"),
    Column("角色", 14),
    Column("对象", 40, "LEFT"),
    Column("来源地址", 16),
    Column("明细", 34, "LEFT"),
    Column("账号", 8),
    Column("序号", 8),
]


def workbook(lines, asked, user):
    """Return lines of the log as an Excel file (bytes); `asked` is the filter in words."""
    book = new_book(TITLE)
    sheet = Sheet(book, TITLE, COLUMNS)
    sheet.whole_line(TITLE, 34, "TITLE")
    now = f"{timezone.localtime():%Y-%m-%d %H:%M}"
    sheet.whole_line(
        f"筛选条件：{asked}　共 {len(lines)} 行　导出人：{user.name}　导出时间：{now}", 22
    )
    sheet.head()
    for each in lines:
        sheet.cells(
            (
                f"{timezone.localtime(each.at):%Y-%m-%d %H:%M:%S}",
                each.get_kind_display(),
                each.actor,
                Role(each.role).label if each.role else "",
                each.subject,
                each.address or "",
                canonical(each.data).decode() if each.data else "",
                each.user_id or "",
                each.sequence,
            )
        )
    sheet.finish(TITLE)
    return content_of(book)
