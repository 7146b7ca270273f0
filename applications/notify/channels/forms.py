"""Forms of channels: what each service needs, in plain words; the administrator's hosts."""

import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

from django import forms
from django.core.exceptions import ValidationError

from accounts.fields import MobileField, TextField
from accounts.forms import PlainFields
from accounts.numbers import WholeNumberField
from accounts.roles import Role
from applications.notify.channels import network_door
from applications.notify.channels.models import (
    GENERIC,
    HTTPS,
    PUBLIC_HOSTS,
    AllowedHost,
    Channel,
    Service,
)
from applications.notify.channels.sending import REASONS, try_out
from applications.notify.inbox import Message
from applications.notify.notifications import kinds_for

HTTP = 80
NOT_INTERNAL = "该地址是本机或内部网络的地址，请勾选“位于内部网络”。"
RESERVED = "该地址是保留地址，不能使用，请核对。"
WRONG_PORT = "端口应在 1 到 65535 之间。"
HOST = re.compile(r"[0-9a-z]([0-9a-z.-]{0,251}[0-9a-z])?|[0-9a-f]*:[0-9a-f:]+", re.ASCII)
SCHEME = re.compile(r"[a-z][a-z0-9]{1,39}", re.ASCII)


def address_parts(text):
    """Return the (scheme, host, port) of an address as typed; raises ValidationError."""
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValidationError("地址无法识别，请从对方页面完整复制。") from error
    try:
        port = parts.port
    except ValueError as error:
        raise ValidationError(WRONG_PORT) from error
    if port == 0:
        raise ValidationError(WRONG_PORT)
    if parts.scheme not in {"https", "http"} or not HOST.fullmatch(parts.hostname or ""):
        raise ValidationError("地址应以 https:// 开头，请从对方页面完整复制。")
    if parts.username or parts.password:
        raise ValidationError("地址中不能带用户名和密码。")
    return parts.scheme, parts.hostname, port or (HTTP if parts.scheme == "http" else HTTPS)


class SecretTextField(TextField):
    """A key or an address that is one: compared and kept as typed, without blanks around it."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 1000, **kwargs})
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}


class AddressField(SecretTextField):
    """The address of a robot or an interface."""

    def to_python(self, value):
        value = "".join(super().to_python(value).split())
        if value:
            address_parts(value)
        return value


class ChannelForm(PlainFields, forms.ModelForm):
    """A channel of the user's, of one service; subclasses ask for what their service needs.

    What is wrong with a host is said before anything is saved.
    """

    service = ""
    # What is asked for, beside the name and the kinds; kept encrypted.
    ACCESS = ()

    for_office = forms.BooleanField(
        label="评审办公室共用",
        required=False,
        help_text="发给评审办公室的每条消息，在共用渠道只发一次；办公室的同事都能管理。",
    )
    name = TextField(label="名称", max_length=30, help_text="便于自己辨认，例如：科室工作群。")
    kinds = forms.MultipleChoiceField(
        label="发送哪些消息",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一种。"},
    )

    class Meta:
        model = Channel
        fields = ["name", "kinds"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        kinds = kinds_for(user.role)
        self.fields["kinds"].choices = [(kind, Message.Kind(kind).label) for kind in kinds]
        if self.instance.pk is None:
            self.initial["kinds"] = kinds
        if user.role != Role.OFFICE or self.instance.pk:
            del self.fields["for_office"]
        self.order_fields([*self.ACCESS, "name", "for_office", "kinds"])
        for name in self.ACCESS:
            # What is kept is not shown again; an empty field keeps it.
            if self.instance.pk:
                self.fields[name].required = False
                self.fields[name].help_text = "已保存，不再显示。要更换时填写，不填则不变。"

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        self.typed = typed = {name: cleaned[name] for name in self.ACCESS if cleaned.get(name)}
        if not typed and self.instance.pk:
            return cleaned
        self.instance.access = {**self.instance.access, **typed}
        self.instance.service = self.service
        if refused := try_out(self.service, self.instance.access):
            self.add_error(self.ACCESS[0], refused)
        return cleaned

    def save(self, commit=True):
        """Save the channel; who owns it is settled when it is added.

        Of one that is changed only what the form asks for is written: it may have been paused, or
        have died, while its address was tried out. Raises Channel.DoesNotExist once it is removed.
        """
        if self.instance.pk is None:
            if not self.cleaned_data.get("for_office"):
                self.instance.owner = self.user
            return super().save(commit)
        names = [*self._meta.fields, *(["access"] if self.typed else [])]
        row = Channel.objects.filter(pk=self.instance.pk)
        if not row.update(**{name: getattr(self.instance, name) for name in names}):
            raise Channel.DoesNotExist
        return self.instance

    def _queried(self, name, parameter, sentence):
        """Return an address that has to have a parameter; raises ValidationError."""
        url = self.cleaned_data[name]
        if url and not parse_qs(urlsplit(url).query).get(parameter):
            raise ValidationError(sentence)
        return url


class WecomForm(ChannelForm):
    """企业微信: the robot of a group."""

    service, ACCESS = Service.WECOM, ("url",)

    url = AddressField(
        label="机器人的 Webhook 地址",
        help_text="在企业微信群的“消息推送”中添加机器人后复制，形如 "
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
    )

    def clean_url(self):
        return self._queried("url", "key", "地址中没有 key=…，请完整复制。")


class DingtalkForm(ChannelForm):
    """钉钉: the robot of a group, with its secret."""

    service, ACCESS = Service.DINGTALK, ("url", "secret")

    url = AddressField(
        label="机器人的 Webhook 地址",
        help_text="在钉钉群的“机器人”中添加自定义机器人后复制，形如 "
        "https://oapi.dingtalk.com/robot/send?access_token=…",
    )
    secret = SecretTextField(
        label="加签密钥",
        required=False,
        max_length=200,
        help_text="添加机器人时“安全设置”选了“加签”的，复制以 SEC 开头的密钥；"
        "选了“自定义关键词”的不填，关键词设为：技能大师工作室。",
    )

    def clean_url(self):
        return self._queried("url", "access_token", "地址中没有 access_token=…，请完整复制。")


class FeishuForm(ChannelForm):
    """飞书: the robot of a group."""

    service, ACCESS = Service.FEISHU, ("url",)

    url = AddressField(
        label="机器人的 Webhook 地址",
        help_text="在飞书群的“群机器人”中添加自定义机器人后复制；“安全设置”请选“自定义关键词”，"
        "关键词设为：技能大师工作室。",
    )

    def clean_url(self):
        url = self.cleaned_data["url"]
        known = f"https://{PUBLIC_HOSTS[Service.FEISHU]}/open-apis/bot/v2/hook/"
        if url and not url.startswith(known):
            raise ValidationError(f"地址应以 {known} 开头，请完整复制。")
        return url


class SmsForm(ChannelForm):
    """手机短信: by the gateway that the administrator has set."""

    service, ACCESS = Service.SMS, ("mobile",)

    mobile = MobileField(label="手机号码", help_text="加密保存，仅用于向您发送短信。")


class WebhookForm(ChannelForm):
    """Any address that takes JSON by POST."""

    service, ACCESS = Service.WEBHOOK, ("url", "token")

    url = AddressField(
        label="接收地址",
        help_text="以 POST 方式发送 JSON：{“message”: “文字”}；对方应答 2xx 即为成功。",
    )
    token = SecretTextField(
        label="访问令牌",
        required=False,
        max_length=500,
        help_text="对方要求时填写，随请求头 Authorization: Bearer 发送。",
    )


class OtherForm(ChannelForm):
    """Any service that Apprise knows, by its own way of writing addresses."""

    service, ACCESS = Service.OTHER, ("url",)

    url = SecretTextField(label="Apprise 地址")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.fields["url"].help_text = f"允许的协议：{'、'.join(_schemes())}。"

    def clean_url(self):
        url = self.cleaned_data["url"]
        if url and url.partition("://")[0] not in _schemes():
            raise ValidationError(f"只允许以这些协议开头的地址：{'、'.join(_schemes())}。")
        return url


def _schemes():
    allowed = AllowedHost.objects.filter(service=Service.OTHER).order_by("scheme")
    return [f"{scheme}" for scheme in allowed.values_list("scheme", flat=True).distinct()]


CHANNEL_FORMS = {
    form.service: form
    for form in (WecomForm, DingtalkForm, FeishuForm, SmsForm, WebhookForm, OtherForm)
}


class HostForm(PlainFields, forms.ModelForm):
    """What the administrator allows, held to all the constraints of `AllowedHost`."""

    def refuse_host(self, host, *, is_plain):
        """Refuse what no channel could be sent to: an address that `network_door` does not pass.

        Nothing is asked about a name. `is_plain` is whether it would be without TLS, which nothing
        on the internet is.
        """
        is_internal = self.cleaned_data["is_internal"]
        try:
            is_reachable = network_door.is_reachable(host, is_internal)
        except ValueError:  # a name
            is_reachable = True
        if not is_reachable:
            may_be = network_door.is_reachable(host, True)
            self.add_error("is_internal", NOT_INTERNAL if may_be else RESERVED)
        elif is_plain and not is_internal:
            self.add_error("is_internal", REASONS["plain"])

    def validate_unique(self):
        """Look at the constraints, too, that hold a field which the form does not ask for."""
        try:
            self.instance.validate_constraints()
        except ValidationError as error:
            self.add_error(None, error.messages)


class AllowedHostForm(HostForm):
    """The administrator allows a service, and the host that its requests go to."""

    host = TextField(
        label="主机", max_length=253, help_text="域名或地址，例如 sms.example.gov.cn。"
    )
    port = WholeNumberField(
        label="端口",
        min_value=1,
        max_value=65535,
        initial=HTTPS,
        help_text="https 为 443。",
        error_messages={"min_value": WRONG_PORT, "max_value": WRONG_PORT},
    )

    class Meta:
        model = AllowedHost
        fields = ["host", "port", "is_internal"]
        help_texts = {
            "is_internal": "位于内部网络（私有地址或本机）的主机须勾选，否则即使域名相符也不发送。"
        }

    def clean_host(self):
        host = self.cleaned_data["host"].lower().strip(".")
        if not HOST.fullmatch(host):
            raise ValidationError("请只填写主机名或地址，不带 https:// 和路径。")
        return host

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            self.refuse_host(cleaned["host"], is_plain=cleaned["port"] == HTTP)
        return cleaned


class FeishuHostForm(AllowedHostForm):
    """飞书: Apprise has its host built in, so that no other is ever asked."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("host", "port"):
            self.fields[name].disabled, self.fields[name].help_text = True, "飞书的主机固定。"


class OtherHostForm(AllowedHostForm):
    """A service of Apprise's: by what its addresses begin with."""

    scheme = TextField(
        label="协议名",
        max_length=40,
        help_text="Apprise 地址中“://”之前的部分，例如 ntfys、gotifys。只启用这里允许的协议。",
    )

    class Meta(AllowedHostForm.Meta):
        fields = ["scheme", "host", "port", "is_internal"]

    def clean_scheme(self):
        scheme = self.cleaned_data["scheme"].lower()
        if not SCHEME.fullmatch(scheme):
            raise ValidationError("请只填写“://”之前的部分，例如 ntfys。")
        if scheme in GENERIC:
            raise ValidationError(f"{scheme} 可以任意指定请求，不能启用，请改用“网络回调”。")
        return scheme


class GatewayForm(HostForm):
    """A gateway for SMS: its interface, in the words of its manual."""

    url = AddressField(label="接口地址", help_text="以 POST 方式发送，例如 https://…/sms/send。")
    mobile_name = TextField(label="手机号码的参数名", max_length=40, initial="mobile")
    text_name = TextField(label="短信内容的参数名", max_length=40, initial="content")
    fixed = SecretTextField(
        label="其他参数",
        required=False,
        help_text="账号、密码、签名等每次不变的参数，写成 account=…&password=…，加密保存。",
    )
    is_json = forms.ChoiceField(
        label="格式", choices=[("", "表单"), ("json", "JSON")], required=False
    )
    success = TextField(
        label="成功标志",
        max_length=100,
        help_text='网关收下时应答中必有的文字，例如 "code":0。没有这段文字即为失败，会重试。',
    )
    FIELDS = ("url", "mobile_name", "text_name", "fixed", "is_json", "success")

    class Meta:
        model = AllowedHost
        fields = ["is_internal"]
        help_texts = AllowedHostForm.Meta.help_texts

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields([*self.FIELDS, "is_internal"])
        if kept := self.instance.gateway:
            # What holds passwords is not shown again; an empty field keeps it.
            for name in ("mobile_name", "text_name", "success"):
                self.initial[name] = kept[name]
            self.initial["is_json"] = "json" if kept["is_json"] else ""
            self.fields["url"].required = False
            self.fields["url"].help_text = "已保存，不再显示。要更换时填写，不填则不变。"
            self.fields[
                "fixed"
            ].help_text = "已保存，不再显示；不填则不变。更换接口地址时须重新填写。"

    def clean_fixed(self):
        fixed = self.cleaned_data["fixed"]
        try:
            parse_qsl(fixed, strict_parsing=bool(fixed))
        except ValueError as error:
            raise ValidationError("请写成 参数名=值，多个用 & 连接。") from error
        return fixed

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        # A password goes to no other address than the one that it was typed for.
        if not cleaned["url"]:
            kept = self.instance.gateway
            cleaned["url"], cleaned["fixed"] = kept["url"], cleaned["fixed"] or kept["fixed"]
        scheme, host, port = address_parts(cleaned["url"])
        self.refuse_host(host, is_plain=scheme == "http")
        if not self.errors:
            self.instance.gateway = {name: cleaned[name] for name in self.FIELDS}
            self.instance.gateway["is_json"] = bool(cleaned["is_json"])
            self.instance.host, self.instance.port = host, port
        return cleaned


HOST_FORMS = {
    Service.FEISHU: FeishuHostForm,
    Service.SMS: GatewayForm,
    Service.OTHER: OtherHostForm,
}
