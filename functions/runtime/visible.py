"""Text as people see it: names and titles hold nothing that only misleads."""

import unicodedata

# Joiners shape letters in Persian and emoji; every other invisible character only misleads.
JOINERS = "\u200c\u200d"
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(words: str) -> str:
    """Return text in its composed form, without characters that nobody sees."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFC", words)
        if letter in JOINERS or unicodedata.category(letter) not in INVISIBLE
    )
