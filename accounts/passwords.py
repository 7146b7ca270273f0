"""Passwords that anybody would guess, and the links that set one."""

import re
from functools import cache
from pathlib import Path
from string import ascii_lowercase

from django.conf import settings
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.utils.http import base36_to_int

WORDS = Path(__file__).with_name("common_words.txt")
# What people write for letters to satisfy a rule.
LOOKALIKES = str.maketrans("@013$5", "aoiess")


@cache
def common_words():
    """The words of the list: Chinese in pinyin, places, names, keyboard rows."""
    return frozenset(WORDS.read_text(encoding="utf-8").split())


class LengthValidator(MinimumLengthValidator):
    """Django's, in Chinese: its own sentence is not translated."""

    def get_error_message(self):
        return f"密码太短，至少须有 {self.min_length} 个字符。"


class CommonWordValidator:
    """Refuses one or two common words with digits and signs around: wuhan123456, Woaini@1314.

    Django's own list is of whole passwords and mostly English.
    """

    message = "这个密码太容易猜到：不要用常见的词、姓名或拼音加数字。"

    def validate(self, password, user=None):
        """Raise ValidationError when nothing but common words and digits is left."""
        lowered = password.lower()
        letters = len(lowered.rstrip("".join(set(lowered) - set(ascii_lowercase))))
        # What follows the last letter may still belong to the word: w0a1n1@1314.
        texts = [lowered[:end].translate(LOOKALIKES) for end in range(letters, len(lowered) + 1)]
        if any(map(_is_guessed, [lowered, *texts])):
            raise ValidationError(self.message, code="password_too_common")

    def get_help_text(self):
        return "不能是常见的词、姓名或拼音加数字。"


def _is_guessed(text):
    """Whether its letters make nothing but common words, or are one letter again and again."""
    parts = re.sub(r"[^a-z]+", " ", text).split()
    return bool(parts) and (len(set("".join(parts))) == 1 or all(map(_is_common, parts)))


def _is_common(part):
    """Whether a run of letters is a common word, or two of them."""
    words = common_words()
    return part in words or any(
        part[:cut] in words and part[cut:] in words for cut in range(2, len(part) - 1)
    )


class TokenGenerator(PasswordResetTokenGenerator):
    """Links that set a password: an invitation's has days, a forgotten password's has hours.

    Each works once, and an invitation only until the next one is sent.
    """

    def _make_hash_value(self, user, timestamp):
        return f"{super()._make_hash_value(user, timestamp)}{user.invited_at}"

    def check_token(self, user, token):
        """Whether the link is the user's and not too old."""
        if not super().check_token(user, token):
            return False
        if user.is_invited:
            return True  # PASSWORD_RESET_TIMEOUT is an invitation's
        age = self._num_seconds(self._now()) - base36_to_int(token.split("-")[0])
        return age <= settings.PASSWORD_RESET_HOURS * 3600
