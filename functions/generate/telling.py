"""What a sentence names and tells, and whether two questions ask the same."""

import re

from functions.runtime.lexical import (
    UNSPACED_RUN,
    detect_language,
    fold,
    guess_language,
    plainly,
    terms,
    tokens,
)
from functions.runtime.statements import Figure, denies, figures, signs
from functions.runtime.stop_words import STOP_WORDS

WORD = re.compile(r"[^\W_][\w'’-]*")
LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ][\w'’-]+")
# Every noun has a capital there, so a capital names nothing.
CAPITALIZED_NOUNS = "german"
UNSPACED = "unspaced"

# What a question can have more or less of and still ask the same. Whom it is about is not among it:
# "who can I invite" is not "who can invite you".
_FILLING = {
    "english": "a an the do does is are can could would please hi hello hey to",
    "german": "der die das den dem ein eine einen ist sind kann konnen konnte bitte hallo zu",
    "french": "le la les l un une est sont bonjour",
    "spanish": "el la los las un una es son por favor hola",
}
_COURTESIES = (
    "(?:can|could|would|will) you (?:please )?(?:tell|show|explain to) (?:me|us)",
    "(?:please )?tell (?:me|us)",
    "do you know",
    "(?:i|we) (?:want|would like|need) to know",
    "(?<=how )(?:(?:do|can|could|should) )?(?:i|we|you|one)",
    "können sie mir (?:bitte )?sagen",
    "kannst du mir (?:bitte )?sagen",
)
COURTESY = re.compile(rf"\b(?:{'|'.join(_COURTESIES)})\b", re.IGNORECASE)
FILLING = {language: frozenset(words.split()) for language, words in _FILLING.items()}


def names(sentence: str) -> frozenset[str]:
    """Return the words of a sentence that look like names, as far as its language shows them."""
    language = detect_language(sentence)
    if language == UNSPACED:
        return frozenset(LATIN_WORD.findall(sentence))
    first, *others = [*WORD.findall(sentence), ""]
    named = [word for word in [first, *others] if any(map(str.isupper, word[1:]))]
    if language != CAPITALIZED_NOUNS:
        named += [word for word in others if word[:1].isupper() and len(word) > 1]
    return frozenset(named)


def telling_words(text: str) -> frozenset[str]:
    """Return a text's terms without the everyday ones."""
    return frozenset(terms(text)) - STOP_WORDS.keys()


def say_the_same(one: str, other: str) -> bool:
    """Tell whether two questions are the same but for their spelling, endings and courtesy.

    Their words and signs have to come in one order: "does A beat B" is not "does B beat A".
    """
    return _sequence(one) == _sequence(other) and denies(one) == denies(other)


def _sequence(question: str) -> tuple[list[str], list[Figure], list[str]]:
    plain = COURTESY.sub(" ", question)
    language = guess_language(plainly(plain))
    filling = FILLING.get(language, frozenset())
    words: list[str] = []
    for token in tokens(plain):
        if fold(token) in filling:
            continue
        found = terms(token, language=language)
        # A word comes with its stem behind it, everything else in its parts.
        words += found[-1:] if token.isalpha() and not UNSPACED_RUN.search(token) else found
    return words, figures(plain), signs(plain)
