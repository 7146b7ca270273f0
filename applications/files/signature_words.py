"""电子签名: what a file's electronic signatures say, in words; never that somebody is trusted.

A closed network has no list of those who may be trusted: a signature tells whose name its
certificate bears, when, whether the file is as it was signed, and that its issuer is unverified.
"""

from collections import Counter
from datetime import datetime

from django.utils import timezone

# What `signed_values.State` says, in words.
WORDS = {
    "intact": "签名完整，签发者未验证",
    "followed": "签名后文件有改动（也可能只是添加了批注），签发者未验证",
    "changed": "签名后文件有改动，现内容与签名不符",
    "national": "国密签名，未验证",
    "unbound": "国密签名，未验证，签名范围未核对",
    "unreadable": "签名无法读取",
}
# Their owner had better look at the file again.
DOUBTFUL = {"followed", "changed", "unreadable"}


def sentences_of(signatures, *, with_names):
    """Return a sentence for each signature of a file (`signed_values.unread`).

    What several say alike, as seals on two pages do, is said once. Without names it tells seal and
    organisation, but not which person signed: an expert gets no personal data that the file itself
    does not show.
    """
    said = Counter(_sentence(signature, with_names) for signature in signatures)
    return [
        sentence if times == 1 else f"{sentence.removesuffix('。')}（共 {times} 处）。"
        for sentence, times in said.items()
    ]


def is_doubtful(signatures):
    """Whether any signature says that something is wrong with the file."""
    return any(signature["state"] in DOUBTFUL for signature in signatures)


def _sentence(signature, with_names):
    person = signature.get("signer", "") if with_names else ""
    seal = signature.get("seal", "")
    who = [signature.get("organisation", ""), person]
    whose = " ".join(name for name in dict.fromkeys(who) if name not in {"", seal})
    if seal:
        whose = f"“{seal}”（{whose}）" if whose else f"“{seal}”"
    parts = [f"电子签名：{whose}" if whose else "电子签名"]
    if at := _moment(signature.get("at")):
        stamped = "，有时间戳" if signature.get("is_stamped_in_time") else ""
        parts.append(f"{at}{stamped}")
    words = [WORDS[signature["state"]]]
    if signature["state"] in {"intact", "national"} and not signature.get("covers"):
        words.append("文件中另有未包括在签名内的内容")
    if not signature.get("is_in_validity", True):
        words.append("签名时证书不在有效期内")
    return f"{'，'.join(parts)}。{'；'.join(words)}。"


def _moment(text):
    """Return a time (ISO 8601) as people here read it, or ""."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return ""
    at = at if at.tzinfo else timezone.make_aware(at)
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
