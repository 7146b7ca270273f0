"""Telling a channel: what its program is asked, what becomes of the answer."""

import threading

from django.conf import settings
from django.utils import timezone

from applications.files import program_pool
from applications.notify import retries
from applications.notify.channels.models import GENERIC, AllowedHost, Channel, Service
from applications.notify.notifications import MARK, announcement

# Requests that wait for a stranger's server have turns of their own: files do not wait for them.
TURNS = threading.BoundedSemaphore(2)
SENDING = program_pool.Program(
    "applications.notify.channels.send_program", wall_seconds=20, turns=TURNS
)
# Why a channel was not told, by the program's word for it.
REASONS = {
    "host": "不允许向 {host} 发送，请联系系统管理员。",
    "unknown": "找不到主机 {host}，请核对地址。",
    "address": "{host} 位于内部网络或保留地址，未获允许。",
    "program": "该服务的发送方式不受支持。",
    "silent": "该服务的发送方式不受支持。",
    "late": "对方超过 8 秒没有应答。",
    "unreachable": "无法连接对方服务器（{detail}）。",
    "plain": "互联网上的主机须使用 https:// 开头的地址。",
    "open": "互联网上的主机须使用加密的协议，例如 ntfys://，不能使用 ntfy://。",
    "redirect": "对方要求转到其他地址，为安全起见不再跟随，请填写最终地址。",
    "status": "对方返回错误 {status}。",
    "code": "对方拒收，错误码 {code}：{sentence}",
    "answer": "对方的应答不表示已收到。",
    "unreadable": "地址无法识别，请核对。",
    "library": "对方没有收下，请核对地址和密钥。",
}
UNANSWERED = "对方没有在规定时间内完成应答。"
BUSY = "后台正忙，稍后再试。"
WITHDRAWN = "系统管理员已不再允许该服务。"


def try_out(service, access):
    """Return why a channel with this access would be refused, without telling it anything; or "".

    A host that has no address at this moment is no reason: the worker tries it again.
    """
    refused, why, _ = _ask(service, access, text=MARK, is_trial=True)
    SENDING.end()  # seldom asked by a web process, which keeps none of it
    return "" if why == "unknown" else refused


def send(service, access, text):
    """Tell a channel a text.

    Returns why it was not told, a sentence, or "", and whether that was the other side's doing:
    where our network or our worker failed nothing is known of the channel.
    """
    sentence, _, is_theirs = _ask(service, access, text=text)
    return sentence, is_theirs


def _ask(service, access, *, text, is_trial=False):
    """Return the sentence of a refusal and the program's word for it, "" if there is none.

    And whether the other side was reached.
    """
    allowed = list(AllowedHost.objects.filter(service=service))
    if service == Service.OTHER:
        scheme = access["url"].partition("://")[0]
        allowed = [row for row in allowed if row.scheme == scheme and scheme not in GENERIC]
    if not allowed:
        return WITHDRAWN, "withdrawn", False
    question = {
        **access,
        "service": service,
        "hosts": [(row.host, row.port, row.is_internal) for row in allowed],
        "gateway": allowed[0].gateway,
        "text": text,
        "is_trial": is_trial,
    }
    try:
        answer, _ = SENDING.ask(question)
    except program_pool.Unanswered:
        return UNANSWERED, "unanswered", False
    except program_pool.Busy:
        return BUSY, "busy", False
    if "refused" not in answer:
        return "", "", True
    why = answer.pop("refused")
    return REASONS[why].format(**answer), why, answer.get("is_reached", False)


def deliver_due(channel_id):
    """Tell a channel what is due, one after the other; return whether it is dead by now.

    After a failure the rest waits for the next time: a server that does not answer holds up nobody
    else. Each is recorded as soon as it is sent, so that a worker that is stopped repeats one at
    most. The channel is read anew before each: it may have been paused, changed or removed.
    """
    while channel := Channel.objects.reachable().filter(pk=channel_id).first():
        due = channel.deliveries.select_related("message__application")
        if channel.paused_at:
            # Planned while it was being paused.
            due.waiting().exclude(message=None).update(next_attempt_at=None)
        claimed = retries.claim(due, limit=1)
        if not claimed:
            break
        [delivery] = claimed
        text = announcement(delivery.message) if delivery.message else test_text()
        refused, is_theirs = send(channel.service, channel.access, text)
        row = channel.deliveries.filter(pk=delivery.pk)
        if refused:
            row.update(last_error=refused[:300])
            if delivery.message is None:
                row.update(next_attempt_at=None)  # whoever tests a channel tests it again
                continue
            return is_theirs and channel.note_failure()
        row.update(sent_at=timezone.now(), next_attempt_at=None, last_error="")
        channel.note_success()
    return False


def test_text():
    """What a test of a channel says."""
    return f"{MARK}这是一条测试消息，收到即表示消息渠道可用。{settings.SITE_URL}"
