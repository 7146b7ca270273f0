"""One field's reading: the text as the form takes it typed, and how sure that is."""

from dataclasses import asdict, dataclass

READ, UNSURE, TAKEN = "read", "unsure", "taken"


@dataclass(frozen=True)
class Cell:
    """What was read for one field.

    `text` is what a person would type into the form's field; of a field with choices it is the
    code, of a month 1980-05. `state` is READ, UNSURE with `why` as a sentence in Chinese, or
    TAKEN: it was confirmed, and `text` is what was saved. `said` is the text as it stands in Word.
    """

    text: str
    state: str = READ
    why: str = ""
    said: str = ""

    @property
    def is_unsure(self):
        """Whether a person is to look at it."""
        return self.state == UNSURE

    @property
    def is_taken(self):
        """Whether it was confirmed before, as it now stands."""
        return self.state == TAKEN

    def confirmed(self, text):
        """Return the same once `text` was saved of it."""
        return Cell(text, TAKEN, "", self.said)

    def doubted(self, why):
        """Return the same, doubtful for this reason as well."""
        reasons = "".join(dict.fromkeys(filter(None, (self.why, why))))
        return Cell(self.text, UNSURE, reasons, self.said)

    def to_json(self):
        """Return it as JSON-ready data."""
        return asdict(self)
