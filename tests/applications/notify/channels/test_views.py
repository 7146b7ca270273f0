"""Pages of channels: invisible until allowed, own only, keys never shown again."""

from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from accounts.audit import AuditEntry
from accounts.roles import Role
from applications.models import AllowedHost, Channel, Delivery
from applications.notify.channels.forms import WebhookForm
from applications.notify.channels.models import Service
from applications.notify.channels.views import MOST
from applications.notify.tasks import tell_all
from tests.applications.notify.channels.conftest import make_applicant
from tests.applications.notify.channels.test_deliveries import message
from tests.factories import make_recommending_unit, make_user

pytestmark = pytest.mark.django_db
PAGE = reverse("applications:channels")
SERVICES = reverse("applications:channel_services")


@pytest.fixture
def log_in(client):
    def log_in(user):
        client.force_login(user)
        return client

    return log_in


def new(service):
    return reverse("applications:channel_new", args=[service])


def content_of(response):
    assert response.status_code == 200
    return response.content.decode()


def test_without_an_allowed_service_there_is_no_page_and_no_link(log_in):
    client = log_in(make_applicant())
    assert client.get(PAGE).status_code == 404
    assert client.get(new("WECOM")).status_code == 404
    assert "消息渠道" not in content_of(client.get(reverse("applications:messages")))


def test_a_channel_is_added_tested_and_its_key_never_shown(log_in, webhook, allow):
    allow(Service.WECOM)
    webhook.body = '{"errcode": 0}'
    user = make_user(Role.RECOMMENDER, recommending_unit=make_recommending_unit())
    client = log_in(user)
    assert reverse("applications:channels") in content_of(
        client.get(reverse("applications:messages"))
    )
    key = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
    typed = {"url": f"{webhook.url}?key={key}", "name": "科室群", "kinds": ["REMINDER"]}
    response = client.post(new("WECOM"), typed, follow=True)
    content = content_of(response)
    assert "已添加，并发送了一条测试消息" in content
    assert "已发送" in content
    assert "这是一条测试消息" in webhook.asked[0].json["text"]["content"]
    channel = Channel.objects.get()
    assert (channel.owner, channel.kinds) == (user, ["REMINDER"])
    for page in (
        content,
        content_of(client.get(reverse("applications:channel_edit", args=[channel.pk]))),
    ):
        assert key not in page
        assert key[:20] not in page
    assert f"{urlsplit(webhook.url).netloc}/****5aaa" in content
    entry = AuditEntry.objects.filter(kind="SETTINGS").latest("pk")
    assert key not in f"{entry.subject}{entry.data}"


def test_a_name_is_changed_without_typing_the_key_again(log_in, webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel = channel_of(user)
    url = reverse("applications:channel_edit", args=[channel.pk])
    log_in(user).post(url, {"url": "", "token": "", "name": "新名", "kinds": ["RESULT"]})
    changed = Channel.objects.get()
    assert (changed.name, changed.kinds, changed.access) == ("新名", ["RESULT"], channel.access)


def test_saving_a_channel_leaves_it_paused_that_was_paused_meanwhile(allow, channel_of):
    """Trying out a new address takes up to half a minute."""
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel = channel_of(user)
    typed = {"url": channel.access["url"], "token": "", "name": "新名", "kinds": ["RESULT"]}
    form = WebhookForm(typed, instance=Channel.objects.get(), user=user)
    assert form.is_valid()
    channel.pause()
    form.save()
    changed = Channel.objects.get()
    assert (changed.name, changed.kinds) == ("新名", ["RESULT"])
    assert changed.paused_at
    Channel.objects.all().delete()
    with pytest.raises(Channel.DoesNotExist):
        form.save()
    assert not Channel.objects.exists()


def test_whoever_is_told_nothing_has_no_channels(log_in, allow):
    """An administrator would find no kind to choose."""
    allow(Service.WEBHOOK)
    client = log_in(make_user(Role.ADMIN))
    assert client.get(PAGE).status_code == client.get(new("WEBHOOK")).status_code == 404
    assert PAGE not in content_of(client.get(reverse("applications:messages")))


def test_of_tests_the_last_one_is_kept(log_in, webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel = channel_of(user)
    client = log_in(user)
    webhook.status = 500
    tell_all([message(user)])
    Delivery.objects.create(channel=channel, key="test:1")  # its worker was killed
    for _ in range(2):
        client.post(reverse("applications:channel_test", args=[channel.pk]))
    assert channel.deliveries.filter(message=None).count() == 1
    assert channel.deliveries.count() == 2


@pytest.mark.parametrize(
    ("service", "typed", "sentence"),
    [
        ("WECOM", {"url": "https://127.0.0.1:{port}/send"}, "地址中没有 key=…"),
        ("WECOM", {"url": "qyapi.weixin.qq.com?key=1"}, "地址应以 https:// 开头"),
        ("WECOM", {"url": "https://u:p@127.0.0.1/?key=1"}, "不能带用户名和密码"),
        ("WECOM", {"url": "https://example.invalid/?key=1"}, "不允许向 example.invalid:443 发送"),
        ("WECOM", {"url": "https://[::1/?key=1"}, "地址无法识别"),
        ("WEBHOOK", {"url": "https://127.0.0.1:99999/"}, "端口应在 1 到 65535 之间。"),
        ("WEBHOOK", {"url": "https://127.0.0.1:0/"}, "端口应在 1 到 65535 之间。"),
        ("DINGTALK", {"url": "http://127.0.0.1:{port}/send"}, "地址中没有 access_token=…"),
        ("FEISHU", {"url": "http://127.0.0.1:{port}/send"}, "地址应以 https://open.feishu.cn/"),
        ("SMS", {"mobile": "12345"}, "11 位手机号码"),
        ("OTHER", {"url": "json://127.0.0.1:{port}/"}, "只允许以这些协议开头的地址：gotify"),
        ("WEBHOOK", {"url": "https://example.invalid/"}, "不允许向 example.invalid:443 发送"),
    ],
)
def test_a_wrong_address_is_refused_in_words_and_keeps_what_was_typed(
    log_in, webhook, allow, service, typed, sentence
):
    allow(service, **({"scheme": "gotify"} if service == "OTHER" else {}))
    typed = {name: value.format(port=webhook.port) for name, value in typed.items()}
    response = log_in(make_user(Role.EXPERT)).post(
        new(service), {**typed, "name": "我的群", "kinds": ["PANEL"]}
    )
    assert response.status_code == 422
    content = response.content.decode()
    assert sentence in content
    assert 'value="我的群"' in content
    assert webhook.asked == []
    assert not Channel.objects.exists()


def test_the_office_shares_a_channel(log_in, webhook, allow):
    allow(Service.WEBHOOK)
    one, other = make_user(Role.OFFICE), make_user(Role.OFFICE)
    typed = {"url": webhook.url, "name": "评审办", "kinds": ["ARRIVED"], "for_office": "on"}
    log_in(one).post(new("WEBHOOK"), typed)
    assert Channel.objects.get().owner is None
    assert "评审办公室共用" in content_of(log_in(other).get(PAGE))
    expert = log_in(make_user(Role.EXPERT))
    assert "for_office" not in content_of(expert.get(new("WEBHOOK")))
    expert.post(new("WEBHOOK"), {**typed, "kinds": ["PANEL"]})
    assert Channel.objects.filter(owner=None).count() == 1


def test_a_channel_is_paused_resumed_and_removed_with_its_key(log_in, webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel = channel_of(user)
    client = log_in(user)
    tell_all([message(user)])
    client.post(reverse("applications:channel_pause", args=[channel.pk]), {"pause": "yes"})
    tell_all([message(user, "event:2")])
    assert "已暂停" in content_of(client.get(PAGE))
    client.post(reverse("applications:channel_pause", args=[channel.pk]), {"pause": "no"})
    tell_all([message(user, "event:3")])
    assert len(webhook.asked) == 2
    client.post(reverse("applications:channel_remove", args=[channel.pk]))
    assert not Channel.objects.exists()
    assert not Delivery.objects.exists()
    assert user.messages.count() == 3


def test_a_paused_channel_may_be_tested_and_a_failed_test_is_said(
    log_in, webhook, allow, channel_of
):
    allow(Service.WECOM)
    user = make_applicant()
    channel = channel_of(user, Service.WECOM)
    channel.pause()
    webhook.body = '{"errcode": 93000, "errmsg": "<b>no</b>"}'
    client = log_in(user)
    url = reverse("applications:channel_test", args=[channel.pk])
    content = content_of(client.post(url, follow=True))
    assert "对方拒收，错误码 93000：&lt;b&gt;no&lt;/b&gt;" in content
    assert len(webhook.asked) == 1
    channel.refresh_from_db()
    assert channel.failures == 0


def test_nobody_has_more_than_a_few(log_in, webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    for _ in range(MOST):
        channel_of(user)
    typed = {"url": webhook.url, "name": "再来", "kinds": ["RESULT"]}
    response = log_in(user).post(new("WEBHOOK"), typed)
    assert "最多添加 5 个渠道" in response.content.decode()
    assert Channel.objects.count() == MOST


def test_the_administrator_allows_and_withdraws_a_host(log_in):
    client = log_in(make_user(Role.ADMIN))
    url = reverse("applications:channel_service_new", args=["WECOM"])
    assert 'value="qyapi.weixin.qq.com"' in content_of(client.get(url))
    client.post(url, {"host": "QYAPI.weixin.qq.com", "port": "443"})
    allowed = AllowedHost.objects.get()
    assert (str(allowed), allowed.is_internal) == ("qyapi.weixin.qq.com", False)
    assert "qyapi.weixin.qq.com" in content_of(client.get(SERVICES))
    again = client.post(url, {"host": "qyapi.weixin.qq.com", "port": "443"})
    assert "该服务的这一主机已经允许" in again.content.decode()
    client.post(reverse("applications:channel_service_remove", args=[allowed.pk]))
    assert not AllowedHost.objects.exists()
    entries = AuditEntry.objects.filter(kind="SETTINGS").order_by("pk")
    assert [entry.data["action"] for entry in entries] == ["allowed", "withdrawn"]


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [
        ("10.1.2.3", "443", "请勾选“位于内部网络”"),
        ("127.0.0.1", "443", "请勾选“位于内部网络”"),
        ("::1", "443", "请勾选“位于内部网络”"),
        ("169.254.169.254", "443", "该地址是保留地址"),
        ("hook.example.cn", "80", "互联网上的主机须使用 https:// 开头的地址。"),
        ("hook.example.cn", "99999", "端口应在 1 到 65535 之间。"),
        ("hook.example.cn", "0", "端口应在 1 到 65535 之间。"),
    ],
)
def test_a_host_that_nothing_could_be_sent_to_is_refused_at_once(log_in, host, port, sentence):
    url = reverse("applications:channel_service_new", args=["WEBHOOK"])
    client = log_in(make_user(Role.ADMIN))
    response = client.post(url, {"host": host, "port": port})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not AllowedHost.objects.exists()
    client.post(url, {"host": host, "port": port, "is_internal": "on"})
    assert AllowedHost.objects.exists() == ("端口应" not in sentence and "保留" not in sentence)


def test_a_host_is_changed_and_the_change_is_logged(log_in, allow):
    allowed = allow(Service.WEBHOOK, host="hook.example.cn", is_internal=False)
    administrator = make_user(Role.ADMIN)
    client = log_in(administrator)
    url = reverse("applications:channel_service_edit", args=[allowed.pk])
    assert url in content_of(client.get(SERVICES))
    assert 'value="hook.example.cn"' in content_of(client.get(url))
    assert client.post(url, {"host": "10.0.0.1", "port": "8443"}).status_code == 422
    client.post(url, {"host": "10.0.0.1", "port": "8443", "is_internal": "on"})
    [changed] = AllowedHost.objects.all()
    assert (str(changed), changed.is_internal) == ("10.0.0.1:8443", True)
    assert changed.allowed_by == administrator
    assert AuditEntry.objects.filter(kind="SETTINGS").latest("pk").data["action"] == "changed"


def test_the_host_of_feishu_cannot_be_another(log_in):
    """Apprise has it built in."""
    url = reverse("applications:channel_service_new", args=["FEISHU"])
    log_in(make_user(Role.ADMIN)).post(url, {"host": "feishu.example.gov.cn", "port": "8443"})
    assert str(AllowedHost.objects.get()) == "open.feishu.cn"


@pytest.mark.parametrize("scheme", ["json", "xmls", "FORM"])
def test_a_plug_in_that_asks_whatever_it_is_told_is_not_allowed(log_in, scheme):
    url = reverse("applications:channel_service_new", args=["OTHER"])
    typed = {"scheme": scheme, "host": "hook.example.cn", "port": "443"}
    response = log_in(make_user(Role.ADMIN)).post(url, typed)
    assert "请改用“网络回调”" in response.content.decode()
    assert not AllowedHost.objects.exists()


@pytest.mark.parametrize("host", ["https://a.cn/", "a b", "*.cn", "a.cn:443", "../", ""])
def test_a_host_is_a_host_alone(log_in, host):
    url = reverse("applications:channel_service_new", args=["WECOM"])
    response = log_in(make_user(Role.ADMIN)).post(url, {"host": host, "port": "443"})
    assert response.status_code == 422
    assert not AllowedHost.objects.exists()


def test_the_gateway_for_sms_keeps_its_password_to_itself(log_in, webhook):
    client = log_in(make_user(Role.ADMIN))
    url = reverse("applications:channel_service_new", args=["SMS"])
    typed = {
        "url": webhook.url,
        "mobile_name": "mobile",
        "text_name": "content",
        "fixed": "account=office&password=geheim",
        "is_json": "json",
        "success": '"code":0',
        "is_internal": "on",
    }
    content = content_of(client.post(url, typed, follow=True))
    assert "geheim" not in content
    gateway = AllowedHost.objects.get()
    assert (gateway.host, gateway.port) == ("127.0.0.1", webhook.port)
    assert gateway.gateway["is_json"] is True
    assert client.post(url, typed).status_code == 422  # one is enough
    url = reverse("applications:channel_service_edit", args=[gateway.pk])
    page = content_of(client.get(url))
    assert "geheim" not in page
    assert webhook.url not in page
    kept = {**typed, "url": "", "fixed": "", "mobile_name": "phone"}
    client.post(url, kept)
    changed = AllowedHost.objects.get().gateway
    assert changed == {**gateway.gateway, "mobile_name": "phone"}
    # To another address it goes only when it is typed again.
    client.post(url, {**kept, "url": "https://sms.example.cn/send"})
    assert AllowedHost.objects.get().gateway["fixed"] == ""
    client.post(url, typed)
    webhook.body = '{"code":0}'
    user = make_applicant()
    typed = {"mobile": "138 0000 0000", "name": "手机", "kinds": ["RESULT"]}
    content = content_of(log_in(user).post(new("SMS"), typed, follow=True))
    assert "138****0000" in content
    assert webhook.asked[0].json["mobile"] == "13800000000"


def test_the_office_sees_what_became_of_it_on_each_channel(log_in, webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel_of(user)
    webhook.status = 500
    tell_all([message(user)])
    client = log_in(make_user(Role.OFFICE))
    sent = reverse("applications:messages_sent")
    content = content_of(client.get(sent, {"state": "channel"}))
    assert "网络回调（Webhook）" in content
    assert "对方返回错误 500" in content
    assert "工作群" not in content  # the name is its owner's
    tell_all([message(make_applicant(), subject="别的消息")])
    assert "别的消息" not in content_of(client.get(sent, {"state": "channel"}))


@pytest.mark.parametrize("number", [1, MOST])
def test_the_page_takes_the_same_queries(
    log_in, allow, channel_of, number, django_assert_num_queries
):
    allow(Service.WEBHOOK)
    user = make_applicant()
    for _ in range(number):
        channel_of(user)
    tell_all([message(user, f"event:{count}") for count in range(number)])
    client = log_in(user)
    # session, user, whether anything is allowed, channels, services, deliveries
    with django_assert_num_queries(6):
        client.get(PAGE)
