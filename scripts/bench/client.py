"""A browser's part: requests over real HTTP, forms read from pages, logging in.

Every request opens a connection of its own, as a reverse proxy does, so that both workers get
their share.
"""

import http.client
import urllib.parse
from html.parser import HTMLParser

CSRF = "b" * 32
TYPED = {"Content-Type": "application/x-www-form-urlencoded"}


class Unexpected(Exception):
    """An answer that is not the one to measure."""


class FormReader(HTMLParser):
    """Collects what a browser would send from the forms of a page, one list a form."""

    def __init__(self):
        super().__init__()
        self.forms, self.select, self.area = [], None, None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append([])
        elif self.forms and "disabled" not in given:
            self.field(tag, given)

    def field(self, tag, given):
        kind = given.get("type", "text")
        if tag == "input" and given.get("name") and kind not in {"file", "submit", "button"}:
            ticked = kind in {"checkbox", "radio"}
            if not ticked or "checked" in given:
                self.forms[-1].append((given["name"], given.get("value") or ("on" * ticked)))
        elif tag == "select":
            self.select = given.get("name")
        elif tag == "option" and self.select and "selected" in given:
            self.forms[-1].append((self.select, given.get("value") or ""))
        elif tag == "textarea":
            self.area = (given.get("name"), [])

    def handle_data(self, data):
        if self.area:
            self.area[1].append(data)

    def handle_endtag(self, tag):
        if tag == "textarea" and self.area:
            # A browser drops the newline right after the opening tag.
            self.forms[-1].append((self.area[0], "".join(self.area[1]).removeprefix("\n")))
            self.area = None
        elif tag == "select":
            self.select = None


class Client:
    """One logged-in user of one server; `headers` go with each of the user's posts."""

    def __init__(self, port, session="", headers=None):
        self.port, self.session, self.headers = port, session, headers or {}

    def request(self, url, body=None, headers=None):
        """Return the answer and its content.

        Raises Unexpected unless a GET is answered with a page and a POST with a redirect; a POST
        of a script, which has headers of its own, with an answer.
        """
        sent = {
            "Cookie": f"sessionid={self.session}; csrftoken={CSRF}",
            "Accept-Language": "zh-CN",
            "Connection": "close",
            **({**TYPED, **self.headers} if body is not None else {}),
            **(headers or {}),
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET" if body is None else "POST", url, body, sent)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        if response.status != (200 if body is None or self.headers else 302):
            raise Unexpected(f"{url} answered {response.status}:\n{content.decode()[:4000]}")
        return response, content

    def form(self, url, **typed):
        """Return the body that a browser posts from the page's largest form, with `typed` in it."""
        reader = FormReader()
        reader.feed(self.request(url)[1].decode())
        fields = dict.fromkeys(typed) | dict(max(reader.forms, key=len))
        fields |= {"csrfmiddlewaretoken": CSRF, **typed}
        return urllib.parse.urlencode(fields)

    def log_in(self, url, **typed):
        """Log in through the page's form, and keep the session."""
        response, _ = self.request(url, self.form(url, **typed))
        cookies = response.headers.get_all("Set-Cookie") or []
        found = [each.partition(";")[0].partition("=") for each in cookies]
        self.session = next(value for name, _, value in found if name == "sessionid")
        return self
