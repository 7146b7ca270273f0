"""What a channel is sent, and which answers count: real requests to a server of our own."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

import pytest

from applications.notify.channels import sending
from applications.notify.channels.models import Service
from applications.notify.channels.send_program import WECOM_BYTES, fit, signature
from applications.notify.channels.sending import UNANSWERED, WITHDRAWN, try_out

pytestmark = pytest.mark.django_db
TEXT = "【技能大师工作室申报】有事项临近截止。请登录查看：https://portal.example.invalid/"


def send(*asked):
    sentence, _ = sending.send(*asked)
    return sentence


def access(webhook, **more):
    return {"url": f"{webhook.url}?key=k&access_token=t", **more}


@pytest.mark.parametrize("service", [Service.WECOM, Service.DINGTALK])
def test_a_robot_gets_a_text_and_says_so(webhook, allow, service):
    allow(service)
    webhook.body = '{"errcode": 0, "errmsg": "ok"}'
    assert send(service, access(webhook), TEXT) == ""
    [asked] = webhook.asked
    assert asked.json == {"msgtype": "text", "text": {"content": TEXT}}


@pytest.mark.parametrize("service", [Service.WECOM, Service.DINGTALK])
def test_a_robots_refusal_with_status_200_is_a_refusal(webhook, allow, service):
    """Apprise calls it a success."""
    allow(service)
    webhook.body = '{"errcode": 93000, "errmsg": "invalid webhook url"}'
    assert send(service, access(webhook), TEXT) == "对方拒收，错误码 93000：invalid webhook url"


@pytest.mark.parametrize("body", ["", "[]", "null", "<html></html>", "{}"])
def test_an_answer_that_is_none_is_a_refusal(webhook, allow, body):
    allow(Service.WECOM)
    webhook.body = body
    assert send(Service.WECOM, access(webhook), TEXT) == "对方的应答不表示已收到。"


@pytest.mark.parametrize("service", [Service.WECOM, Service.WEBHOOK])
@pytest.mark.parametrize("status", [500, 404, 401])
def test_an_error_is_a_refusal(webhook, allow, service, status):
    allow(service)
    webhook.status, webhook.body = status, '{"errcode": 0}'
    assert send(service, access(webhook), TEXT) == f"对方返回错误 {status}。"


@pytest.mark.parametrize("service", [Service.WECOM, Service.WEBHOOK])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(webhook, allow, service, status):
    allow(service)
    webhook.status, webhook.headers = status, {"Location": f"{webhook.url}/elsewhere"}
    assert "不再跟随" in send(service, access(webhook), TEXT)
    assert len(webhook.asked) == 1


@pytest.mark.parametrize("service", [Service.WECOM, Service.WEBHOOK])
def test_a_server_that_answers_late_is_waited_for_no_longer(webhook, allow, service):
    allow(service)
    webhook.delay = 30
    assert send(service, access(webhook), TEXT) == "对方超过 8 秒没有应答。"


def test_a_plug_in_that_reaches_nobody_says_so(webhook, allow):
    allow(Service.WEBHOOK, port=9)
    refused = send(Service.WEBHOOK, {"url": "http://127.0.0.1:9/hook"}, TEXT)
    assert refused == "无法连接对方服务器（ConnectionError）。"


def test_a_server_that_never_ends_its_answer_ends_the_program_alone(webhook, allow, monkeypatch):
    """Byte after byte would go on for hours: the pool ends it."""
    allow(Service.WECOM)
    monkeypatch.setattr(sending.SENDING, "wall_seconds", 2)
    webhook.delay = 5
    assert send(Service.WECOM, access(webhook), TEXT) == UNANSWERED
    monkeypatch.undo()
    webhook.delay, webhook.body = 0, '{"errcode": 0}'
    assert send(Service.WECOM, access(webhook), TEXT) == ""


def test_more_of_an_answer_than_it_may_have_is_not_read(webhook, allow):
    allow(Service.WECOM)
    webhook.body = '{"errcode": 0, "errmsg": "' + "x" * 1_000_000 + '"}'
    assert send(Service.WECOM, access(webhook), TEXT) == "对方的应答不表示已收到。"


def test_an_answer_that_breaks_off_or_is_not_packed_as_it_says_is_a_refusal(webhook, allow):
    allow(Service.WECOM)
    refused = ("对方的应答不表示已收到。", True)
    webhook.body, webhook.headers = "not gzip", {"Content-Encoding": "gzip"}
    assert sending.send(Service.WECOM, access(webhook), TEXT) == refused
    webhook.headers = {"Transfer-Encoding": "chunked"}
    assert sending.send(Service.WECOM, access(webhook), TEXT) == refused


def test_a_long_text_has_room_in_what_wecom_takes(webhook, allow):
    allow(Service.WECOM)
    webhook.body = '{"errcode": 0}'
    assert send(Service.WECOM, access(webhook), "龘" * 1000) == ""
    content = webhook.asked[0].json["text"]["content"]
    assert len(content.encode()) <= WECOM_BYTES
    assert content.endswith("龘…")


@pytest.mark.parametrize("most", [3, 4, 5, 6, 7, 8])
def test_no_half_character_is_left(most):
    assert len(fit("申报材料", most).encode()) <= most
    assert "\ufffd" not in fit("申报材料", most)


def test_the_signature_of_dingtalk_is_the_documented_one():
    """HMAC-SHA256 of the time and the secret, keyed with the secret, in Base64."""
    at, secret = 1767225600000, "SEC0123456789"
    expected = hmac.new(secret.encode(), b"1767225600000\nSEC0123456789", hashlib.sha256).digest()
    assert signature(secret, at) == {
        "timestamp": at,
        "sign": base64.b64encode(expected).decode(),
    }


def test_dingtalk_is_sent_time_and_signature(webhook, allow):
    allow(Service.DINGTALK)
    webhook.body = '{"errcode": 0}'
    assert send(Service.DINGTALK, access(webhook, secret="SEC+/="), TEXT) == ""
    [asked] = webhook.asked
    sent = {name: value for name, [value] in parse_qs(urlsplit(asked.path).query).items()}
    assert sent.pop("access_token") == "t"
    assert sent["sign"] == signature("SEC+/=", int(sent["timestamp"]))["sign"]


def test_a_webhook_gets_its_message_by_apprise(webhook, allow):
    allow(Service.WEBHOOK)
    assert send(Service.WEBHOOK, access(webhook, token="a+b c"), TEXT) == ""
    [asked] = webhook.asked
    assert asked.headers["Authorization"] == "Bearer a+b c"
    assert asked.json == {"message": TEXT}
    assert asked.path == "/hook?key=k&access_token=t"


def test_a_plug_in_that_fails_has_not_sent(webhook, allow):
    """A header that HTTP does not know ends the plug-in, not the program."""
    allow(Service.WEBHOOK)
    assert send(Service.WEBHOOK, access(webhook, token="令牌"), TEXT)
    assert webhook.asked == []


def gateway_to(webhook, **fields):
    return {
        "url": webhook.url,
        "mobile_name": "mobile",
        "text_name": "type",
        "fixed": "account=a&password=p%26q",
        "is_json": False,
        "success": '"code":0',
        **fields,
    }


def test_a_gateway_gets_its_parameters_by_their_names(webhook, allow):
    allow(Service.SMS, gateway=gateway_to(webhook))
    webhook.body = '{"code":0}'
    assert send(Service.SMS, {"mobile": "13800000000"}, "短信") == ""
    assert parse_qs(webhook.asked[0].body.decode()) == {
        "account": ["a"],
        "password": ["p&q"],
        "mobile": ["13800000000"],
        "type": ["短信"],
    }


def test_a_gateway_that_does_not_say_that_it_took_it_has_not(webhook, allow):
    allow(Service.SMS, gateway=gateway_to(webhook, is_json=True))
    webhook.body = '{"code":17}'
    assert send(Service.SMS, {"mobile": "13800000000"}, "短信")
    assert webhook.asked[0].json["mobile"] == "13800000000"


def test_another_service_goes_by_its_own_plug_in(webhook, allow):
    allow(Service.OTHER, scheme="gotify")
    url = f"gotify://127.0.0.1:{webhook.port}/a-token"
    assert try_out(Service.OTHER, {"url": url}) == ""
    assert webhook.asked == []
    assert send(Service.OTHER, {"url": url}, TEXT) == ""
    assert TEXT in webhook.asked[0].json["message"]


def test_what_an_address_asks_for_does_not_open_the_door(webhook, allow):
    """Redirects, retries and certificates are not its owner's to say."""
    allow(Service.OTHER, scheme="gotify")
    webhook.status, webhook.headers = 302, {"Location": webhook.url}
    url = f"gotify://127.0.0.1:{webhook.port}/a-token?redirect=yes&retry=5&wait=0"
    assert send(Service.OTHER, {"url": url}, TEXT)
    assert len(webhook.asked) == 1


def test_a_kind_that_is_not_allowed_is_not_sent(webhook, allow):
    assert send(Service.WEBHOOK, access(webhook), TEXT) == WITHDRAWN
    allow(Service.OTHER, scheme="gotify")
    url = f"json://127.0.0.1:{webhook.port}/hook"
    assert send(Service.OTHER, {"url": url}, TEXT) == WITHDRAWN
    assert webhook.asked == []


@pytest.mark.parametrize("service", [Service.WECOM, Service.WEBHOOK])
def test_a_key_goes_over_the_internet_by_tls_alone(webhook, allow, service):
    allow(service, host="portal.example.invalid", is_internal=False)
    url = f"http://portal.example.invalid:{webhook.port}/?key=k"
    assert send(service, {"url": url}, TEXT) == "互联网上的主机须使用 https:// 开头的地址。"


@pytest.mark.parametrize(
    ("scheme", "refused"),
    [
        ("gotify", "互联网上的主机须使用加密的协议，例如 ntfys://，不能使用 ntfy://。"),
        ("gotifys", "找不到主机 portal.example.invalid，请核对地址。"),
    ],
)
def test_and_so_it_goes_to_other_services(webhook, allow, scheme, refused):
    allow(Service.OTHER, scheme=scheme, host="portal.example.invalid", is_internal=False)
    url = f"{scheme}://portal.example.invalid:{webhook.port}/a-token"
    assert sending.send(Service.OTHER, {"url": url}, TEXT) == (refused, False)


@pytest.mark.parametrize("scheme", ["json", "jsons", "xml", "form"])
def test_no_plug_in_that_asks_whatever_it_is_told_is_another_service(webhook, allow, scheme):
    allow(Service.OTHER, scheme=scheme)
    url = f"{scheme}://127.0.0.1:{webhook.port}/hook?method=PUT"
    assert send(Service.OTHER, {"url": url}, TEXT) == WITHDRAWN
    assert webhook.asked == []


@pytest.mark.parametrize("service", [Service.WECOM, Service.WEBHOOK])
def test_a_host_that_is_not_allowed_is_not_asked(webhook, allow, service):
    allow(service, port=webhook.port + 1)
    refused = send(service, access(webhook), TEXT)
    assert refused == f"不允许向 127.0.0.1:{webhook.port} 发送，请联系系统管理员。"
    assert webhook.asked == []


@pytest.mark.parametrize("service", [Service.WECOM, Service.WEBHOOK])
def test_an_address_of_the_own_network_is_not_asked_unless_it_is_said_to_be_one(
    webhook, allow, service
):
    allow(service, is_internal=False)
    refused = "127.0.0.1 位于内部网络或保留地址，未获允许。"
    there = {"url": f"https://127.0.0.1:{webhook.port}/hook?key=k"}
    assert send(service, there, TEXT) == refused
    assert try_out(service, there) == refused
    assert webhook.asked == []


@pytest.mark.parametrize("service", [Service.WECOM, Service.WEBHOOK])
def test_a_channel_is_tried_out_without_telling_it_anything(webhook, allow, service):
    allow(service)
    assert try_out(service, access(webhook)) == ""
    assert webhook.asked == []


def test_a_name_without_an_address_may_have_one_later(webhook, allow):
    allow(Service.WECOM, host="nowhere.invalid", port=443)
    there = {"url": "https://nowhere.invalid/?key=k"}
    assert try_out(Service.WECOM, there) == ""
    assert send(Service.WECOM, there, TEXT) == "找不到主机 nowhere.invalid，请核对地址。"


def test_feishu_is_reached_at_its_own_host(webhook, allow):
    """Apprise's plug-in has the host built in; the door says where it leads."""
    allow(Service.FEISHU)
    there = {"url": "https://open.feishu.cn/open-apis/bot/v2/hook/a-token"}
    assert try_out(Service.FEISHU, there) == (
        "不允许向 open.feishu.cn:443 发送，请联系系统管理员。"
    )
