"""What of a sentence cannot be said otherwise: its figures, its names, and whether it denies."""

import re
import unicodedata

from functions.runtime.lexical import (
    TOKEN,
    UNSPACED_RUN,
    detect_language,
    fold,
    guess_language,
    terms,
)
from functions.runtime.stop_words import STOP_WORDS

FIGURE = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*")
THOUSANDS = re.compile(r"\d{1,3}(?:[.,\u00a0\u202f]\d{3})+")
WORD = re.compile(r"[^\W_][\w'’-]*")
LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ][\w'’-]+")
# Every noun has a capital there, so a capital names nothing.
CAPITALIZED_NOUNS = "german"
UNSPACED = "unspaced"

_DENYING = {
    "english": "not no never none nobody nothing neither nor cannot without",
    "german": "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder",
    "french": "ne n pas jamais aucun aucune rien sans",
    "spanish": "no nunca jamas sin ningun ninguna ninguno nadie nada tampoco",
    "italian": "non mai nessun nessuno nessuna senza niente",
    "portuguese": "nao nunca nenhum nenhuma sem ninguem nada",
    "dutch": "niet geen nooit niemand niets zonder",
    "russian": "не нет никогда никто ничего без",
}
DENYING = {language: frozenset(words.split()) for language, words in _DENYING.items()}
CONTRACTED = re.compile(r"n['’]t\b", re.IGNORECASE)
DENYING_SIGNS = re.compile(r"[不没沒未无無]|ない|ません|なかった|않|없")
# They deny nothing: "not until 1902", "not only".
AFFIRMING = re.compile(
    r"\b(?:not (?:until|only|least)|no (?:later|less|more)|nicht nur)\b", re.IGNORECASE
)

# What a question can have more or less of and still ask the same.
_FILLING = {
    "english": (
        "a an the do does is are can could would i we you me my our your us please hi hello hey"
        " tell know to"
    ),
    "german": (
        "der die das den dem ein eine einen ist sind kann konnen konnte wir ich man mein meine mir"
        " mich bitte hallo zu"
    ),
    "french": "le la les l un une est sont je nous vous mon ma mes notre votre",
    "spanish": "el la los las un una es son mi mis por favor hola",
}
FILLING = {language: frozenset(words.split()) for language, words in _FILLING.items()}


def figures(text: str) -> frozenset[str]:
    """Return a text's numbers in one spelling, whatever their digits and separators."""
    return frozenset(_figure(figure) for figure in FIGURE.findall(text))


def _figure(figure: str) -> str:
    plain = "".join(str(unicodedata.digit(sign, sign)) for sign in figure)
    if THOUSANDS.fullmatch(plain):
        return re.sub(r"\D", "", plain)
    return re.sub(r"[^\d.]", ".", plain)


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


def denies(sentence: str) -> bool:
    """Tell whether a sentence says that something is not so."""
    if DENYING_SIGNS.search(sentence) or CONTRACTED.search(sentence):
        return True
    plain = AFFIRMING.sub(" ", sentence)
    denying = DENYING.get(detect_language(sentence) or "english", DENYING["english"])
    return any(fold(word) in denying for word in re.findall(r"\w+", plain))


def telling_words(text: str) -> frozenset[str]:
    """Return a text's terms without the everyday ones."""
    return frozenset(terms(text)) - STOP_WORDS.keys()


def say_the_same(one: str, other: str) -> bool:
    """Tell whether two questions are the same but for their spelling, endings and courtesy.

    Their words have to come in one order: "does A beat B" is not "does B beat A".
    """
    return _sequence(one) == _sequence(other) and denies(one) == denies(other)


def _sequence(question: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", question)
    language = guess_language(plain)
    filling = FILLING.get(language, frozenset())
    words: list[str] = []
    for token in TOKEN.findall(plain):
        if fold(token) in filling:
            continue
        found = terms(token, language=language)
        # A word comes with its stem behind it, a run of signs as its pairs.
        is_stemmed = len(found) == 2 and not UNSPACED_RUN.search(token)  # noqa: PLR2004
        words += found[1:] if is_stemmed else found
    return words
