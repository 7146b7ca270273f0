"""A program (`program_bounds.py`) that tells one channel something, or tries whether it could.

It answers a question with {"sent": true} or {"refused": key of the reason, ...}. What it is told by
a stranger's server is bounded as an uploaded file is. It knows the address and the key of the one
channel that it is asked about, and reaches the hosts of its service alone (`network_door.py`).

企业微信, 钉钉 and gateways for SMS refuse with HTTP 200: they are posted to here, and what they
answer is read. Everything else goes through Apprise, whose plug-ins are limited to the one asked.
"""

import base64
import hashlib
import hmac
import json
import os
import resource
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from applications.files.program_bounds import Refused, serve
from applications.notify.channels import network_door

CPU_SECONDS = 20
# For connecting, and for each piece of an answer; all of it has the time of `SENDING`.
CONNECT_SECONDS, ANSWER_SECONDS = 5, 8
MEMORY = 512 * 1024**2
# More of an answer is not read.
ANSWER_BYTES = 64 * 1024
WECOM_BYTES, DINGTALK_BYTES = 2048, 20000
# What the machine trusts, an own authority of the government's network among it.
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")


def send(question, data):
    """Tell a channel; raises Refused with the key of the reason."""
    hosts = {(host, port): is_internal for host, port, is_internal in question["hosts"]}
    door = network_door.open_for(hosts, is_trial=question["is_trial"])
    if is_open_to_all(question["gateway"].get("url") or question.get("url", ""), hosts):
        raise Refused("plain")
    try:
        SENDERS.get(question["service"], send_by_apprise)(question, door)
    except Refused as refused:
        if not door.shut:
            refused.values["is_reached"] = door.is_reached
            raise
        # Libraries make something else of what the door says.
        _judge(door, str(refused))
    except OSError as error:
        _judge(door, "unreachable", detail=type(error).__name__)
    else:
        if question["is_trial"]:
            raise Refused("silent")  # nothing was asked for: who knows how it sends
    return {"sent": True}, b""


def is_open_to_all(url, hosts):
    """Whether an address of a public host is without TLS: its key could be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "http" and hosts.get((parts.hostname, parts.port or 80)) is False


def _judge(door, why, **values):
    if door.shut is None:
        raise Refused(why, is_reached=door.is_reached, **values)
    if door.shut.why != "trial":
        raise Refused(door.shut.why, host=door.shut.host)


def post(url, **options):
    """Post to an address and return the answer's text; raises Refused unless it says 2xx."""
    import requests
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    timeout = (CONNECT_SECONDS, ANSWER_SECONDS)
    try:
        with requests.post(
            url, timeout=timeout, allow_redirects=False, stream=True, **options
        ) as answer:
            body = answer.raw.read(ANSWER_BYTES, decode_content=True)
    # What is read of the answer itself raises the errors of urllib3.
    except (requests.Timeout, ReadTimeoutError) as error:
        raise Refused("late") from error
    except ValueError as error:  # an address that is none
        raise Refused("unreadable") from error
    except HTTPError as error:  # cut off, or not packed as it says
        raise Refused("answer") from error
    if refused := refusal_of(answer):
        raise refused
    return body.decode(errors="replace")


def refusal_of(answer):
    """Return what a status other than 2xx says, as `Refused`, or None."""
    if 300 <= answer.status_code < 400:
        return Refused("redirect")
    if not 200 <= answer.status_code < 300:
        return Refused("status", status=answer.status_code)
    return None


def fit(text, most):
    """Return as much of a text as has room in so many bytes of UTF-8, in whole characters."""
    encoded = text.encode()
    if len(encoded) <= most:
        return text
    mark = "…"
    return encoded[: most - len(mark.encode())].decode(errors="ignore") + mark


def send_to_robot(url, text):
    """Post a text to a robot of 企业微信 or 钉钉, whose refusals have a number and HTTP 200."""
    message = {"msgtype": "text", "text": {"content": text}}
    answered = post(url, json=message)
    try:
        code, sentence = json.loads(answered)["errcode"], json.loads(answered).get("errmsg", "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused("answer") from error
    if code != 0:
        raise Refused("code", code=str(code)[:20], sentence=str(sentence)[:80])


def send_to_wecom(question, door):
    """企业微信: the key stands in the address; its texts have 2,048 bytes."""
    send_to_robot(question["url"], fit(question["text"], WECOM_BYTES))


def send_to_dingtalk(question, door):
    """钉钉: a robot with 加签 wants the time in milliseconds and what the secret makes of it."""
    url = question["url"]
    if question.get("secret"):
        url = f"{url}&{urlencode(signature(question['secret'], round(time.time() * 1000)))}"
    send_to_robot(url, fit(question["text"], DINGTALK_BYTES))


def signature(secret, at):
    """Return the parameters by which 钉钉 knows that the sender has the secret; `at` in ms."""
    digest = hmac.digest(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256)
    return {"timestamp": at, "sign": base64.b64encode(digest).decode()}


def send_by_sms(question, door):
    """A gateway for SMS: its parameters by their names, and what it says when it has taken it."""
    gateway = question["gateway"]
    parameters = dict(parse_qsl(gateway["fixed"], keep_blank_values=True))
    parameters |= {
        gateway["mobile_name"]: question["mobile"],
        gateway["text_name"]: question["text"],
    }
    kind = "json" if gateway["is_json"] else "data"
    answered = post(gateway["url"], **{kind: parameters})
    if gateway["success"] not in answered:
        raise Refused("answer")


def send_by_apprise(question, door):
    """Whatever else: by the one plug-in of Apprise that the question names."""
    # Not before it is needed: it loads its modules, which takes a third of a second.
    import apprise
    import requests
    from apprise.manager_plugins import NotificationManager
    from apprise.utils.parse import parse_list

    url = apprise_url(question)
    scheme = url.split("://", 1)[0]
    NotificationManager().enable_only(scheme)
    # Not every plug-in asks whether it may follow one.
    requests.sessions.DEFAULT_REDIRECT_LIMIT = 0
    plugin = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if plugin is None:
        raise Refused("unreadable")
    # Of the two ways of writing its addresses that a plug-in knows, the one without TLS.
    door.is_plain = scheme in parse_list(plugin.protocol or [])
    # What an address says of these is not its owner's to say.
    plugin.redirects, plugin.verify_certificate = False, True
    plugin.socket_connect_timeout, plugin.socket_read_timeout = CONNECT_SECONDS, ANSWER_SECONDS
    plugin.retry = 0
    with refusals_of(requests) as refusals:
        try:
            # An object of Apprise's own, true or not.
            is_sent = plugin.notify(body=question["text"], title="")
        except Exception as error:  # whatever a plug-in makes of what it was told, or answered
            raise (refusals or [Refused("library")])[-1] from error
    if not is_sent:
        raise (refusals or [Refused("library")])[-1]


@contextmanager
def refusals_of(requests):
    """Yield a list of why requests fail, as `Refused`: a plug-in says only that it has not sent."""
    refusals, send = [], requests.Session.send

    def noting(self, *args, **options):
        try:
            answer = send(self, *args, **options)
        except requests.TooManyRedirects:
            refusals.append(Refused("redirect"))
            raise
        except requests.Timeout:
            refusals.append(Refused("late"))
            raise
        except requests.ConnectionError as error:
            refusals.append(Refused("unreachable", detail=type(error).__name__))
            raise
        if refused := refusal_of(answer):
            refusals.append(refused)
        return answer

    requests.Session.send = noting
    try:
        yield refusals
    finally:
        requests.Session.send = send


def apprise_url(question):
    """Return a channel's address as Apprise writes it."""
    service, parts = question["service"], urlsplit(question["url"])
    if service == "FEISHU":
        return f"feishu://{parts.path.rstrip('/').rsplit('/', 1)[-1]}/"
    if service == "WEBHOOK":
        scheme = "jsons" if parts.scheme == "https" else "json"
        asked = [(f"-{name}", value) for name, value in parse_qsl(parts.query)]
        if question.get("token"):
            asked.append(("+Authorization", f"Bearer {question['token']}"))
        # One field, "message"; no others that would be empty.
        asked += [(f":{name}", "") for name in ("version", "title", "attachments", "type")]
        return f"{scheme}://{parts.netloc}{parts.path}?{urlencode(asked, quote_via=quote)}"
    return question["url"]


SENDERS = {"WECOM": send_to_wecom, "DINGTALK": send_to_dingtalk, "SMS": send_by_sms}


def main():
    """Answer, behind the door."""
    if TRUSTED.exists():
        os.environ["REQUESTS_CA_BUNDLE"] = str(TRUSTED)
    network_door.stand()
    serve(send, cpu_seconds=CPU_SECONDS, memory=MEMORY, of=resource.RLIMIT_DATA)


if __name__ == "__main__":
    main()
