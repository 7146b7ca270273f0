"""A page sent after the session ran out: what was typed is kept, and saved after the login."""

import json
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.signing import BadSignature, Signer
from django.http import HttpResponse, QueryDict

from applications.encryption import decrypt, encrypt

KEY = "kept_page"
_signer = Signer(salt=KEY)
# Characters; a page with every field and row at its limit has a third of them.
LIMIT = 300_000
SECONDS = 60 * 60


def keep_over_login(view):
    """Keep the page that an anonymous visitor sends to `view`, and lead to the login and back.

    A script (static/js/draft.js keeps what was typed itself) is answered 401.
    """

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.headers.get("X-Requested-With"):
            return HttpResponse(status=401)
        if request.method == "POST":
            _keep(request)
        return redirect_to_login(request.get_full_path())

    return login_not_required(wrapped)


def editor_mark(user):
    """Return what a page carries as `editor`: whose it is, in a way that nobody can make up."""
    return _signer.sign(user.pk)


def _keep(request):
    try:
        _signer.unsign(request.POST.get("editor", ""))
    except BadSignature:
        return  # not a page of ours: strangers store nothing here
    page = json.dumps({"path": request.path, "typed": dict(request.POST.lists())})
    if len(page) > LIMIT:
        return
    request.session[KEY] = encrypt(page, KEY)
    request.session.set_expiry(SECONDS)
    messages.warning(request, "登录已过期。您刚才填写的内容已经留存，重新登录后自动保存。")


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
