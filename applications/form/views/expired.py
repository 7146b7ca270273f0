"""A page sent after the session ran out: what was typed is kept, and saved after the login."""

import json

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import QueryDict

from applications.trust.encryption import decrypt, encrypt

KEY = "kept_page"
_signer = Signer(salt=KEY)
# Characters; a page with every field and row at its limit has a third of them.
LIMIT = 300_000
SECONDS = 60 * 60


def keep_over_login(view):
    """Keep the page that an anonymous visitor sends to `view`, before the login and for after it.

    What a script sends it keeps itself (static/js/draft.js). Stands above all other decorators:
    accounts/middleware.py reads what this sets.
    """
    view.before_login = _keep
    return view


def editor_mark(user):
    """Return what a page carries as `editor`: whose it is, in a way that nobody can make up."""
    return _signer.sign(user.pk)


def _keep(request):
    if request.method != "POST":
        return
    try:
        _signer.unsign(request.POST.get("editor", ""))
    except BadSignature:
        return  # not a page of ours: strangers store nothing here
    page = json.dumps({"path": request.path, "typed": dict(request.POST.lists())})
    if len(page) > LIMIT:
        return
    request.session[KEY] = encrypt(page, KEY)
    request.session.set_expiry(SECONDS)
    sentence = "登录已过期。您刚才填写的内容已经留存，重新登录后自动保存。"
    if request.FILES:
        sentence += "一起上传的文件没有留存，登录后请重新选择。"
    messages.warning(request, sentence)


def kept_page(request):
    """Return, once, what this very user sent to this page before the login; None if nothing."""
    token = request.session.get(KEY)
    if not token:
        return None
    try:
        page = json.loads(decrypt(token, KEY))
    except ValueError:  # its key has been taken away since
        del request.session[KEY]
        return None
    if page["path"] != request.path:
        return None
    del request.session[KEY]
    data = QueryDict(mutable=True)
    for name, values in page["typed"].items():
        data.setlist(name, values)
    return data if data["editor"] == editor_mark(request.user) else None
