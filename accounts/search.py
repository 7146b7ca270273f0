"""What is typed into a search box: its words, and the rows in which all of them stand."""

from django.db.models import Q

from accounts.characters import UNPRINTABLE, plain


def words_in(text):
    """Return the words of a search in lower case and half width; blanks alone part them."""
    return UNPRINTABLE.sub("", plain(text)).casefold().split()


def held_in(text, *fields):
    """Return the condition that each word of a search stands in one of the fields, in any case."""
    condition = Q()
    for word in words_in(text):
        one_of_them = Q()
        for field in fields:
            one_of_them |= Q(**{f"{field}__icontains": word})
        condition &= one_of_them
    return condition
