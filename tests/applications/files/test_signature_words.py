"""What is said of electronic signatures: whose, when, and never that anybody is trusted."""

import pytest

from applications.files.signature_words import WORDS, is_doubtful, sentences_of
from applications.files.signed_values import State, unread


def said(with_names=True, **told):
    (sentence,) = sentences_of([unread() | {"covers": True} | told], with_names=with_names)
    return sentence


BY_ZHANG = {
    "state": State.INTACT, "signer": "张三", "organisation": "武汉市某某局",
    "at": "2026-01-02T03:04:05+00:00",
}  # fmt: skip


def test_every_state_has_words_and_none_of_them_claims_trust():
    assert WORDS.keys() == {str(state) for state in State}
    for words in WORDS.values():
        assert not any(claim in words for claim in ("有效", "可信", "真实", "通过"))


def test_who_and_when_in_our_time():
    assert said(**BY_ZHANG) == (
        "电子签名：武汉市某某局 张三，2026-01-02 11:04。签名完整，签发者未验证。"
    )


def test_a_time_stamp_a_later_signature_and_a_certificate_that_had_run_out():
    told = said(**BY_ZHANG, is_stamped_in_time=True, covers=False, is_in_validity=False)
    assert told == (
        "电子签名：武汉市某某局 张三，2026-01-02 11:04，有时间戳。"
        "签名完整，签发者未验证；文件中另有未包括在签名内的内容；签名时证书不在有效期内。"
    )


def test_a_seal_by_its_name():
    told = said(state=State.NATIONAL, seal="某某局专用章", organisation="武汉市某某局")
    assert told == "电子签名：“某某局专用章”（武汉市某某局）。国密签名，未验证。"


def test_what_two_say_alike_is_said_once():
    seal = unread() | {"state": State.NATIONAL, "seal": "某某局", "organisation": "某某局"}
    assert sentences_of([seal | {"covers": True}] * 2, with_names=True) == [
        "电子签名：“某某局”。国密签名，未验证（共 2 处）。"
    ]


def test_what_could_not_be_read_names_nobody():
    assert said() == "电子签名。签名无法读取。"


def test_experts_are_told_no_person():
    assert "张三" not in said(with_names=False, **BY_ZHANG)
    assert "武汉市某某局" in said(with_names=False, **BY_ZHANG)


@pytest.mark.parametrize("state", State)
def test_what_is_wrong_is_shown_as_a_warning(state):
    is_fine = state in {State.INTACT, State.NATIONAL, State.UNBOUND}
    assert is_doubtful([unread() | {"state": state}]) is not is_fine
