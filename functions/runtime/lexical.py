"""The words a text is found by: one analyzer for passages and for questions."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import chain
from threading import Lock
from typing import Protocol

from functions.runtime.languages import UNSTEMMED
from functions.runtime.stop_words import STOP_WORDS

# A term is a key of an index, whose entries hold 2,704 bytes at most; folding may treble a word.
LONGEST_TOKEN = 64
# A text's first words tell its language as well as all of them.
CHARACTERS_TO_GUESS_BY = 2_000
DEFAULT_LANGUAGE = "english"
# A Snowball stemmer keeps the word it is at in itself, and documents are prepared in threads.
_STEMMING = Lock()

# Python's \w leaves out combining marks, without which Thai and Hindi words fall apart.
_MARKS = "".join(
    chr(code)
    for block in (range(0x300, 0x1D00), range(0x3099, 0x309B), range(0xA800, 0xAC00))
    for code in block
    if unicodedata.category(chr(code)).startswith("M")
)
# Scripts written without spaces, and Korean, whose particles cling to the word.
_UNSPACED = (
    "々〇ぁ-ゖ゙-ゟァ-ヺー-ヿㇰ-ㇿ㐀-䶿一-鿿豈-\ufaff\U00020000-\U0003ffff"
    "가-힣ᄀ-ᇿ\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u1049\u1050-\u109f\u1780-\u17d3"
)
# C++ and C# are names, and e-mail is written as email as well.
_NAME_WITH_SIGNS = r"(?<!\w)[A-Za-z]\w*(?:\+\+(?![^\W\d]|\+)|#(?![\w#]))"
_SHORT_COMPOUND = r"(?<![\w-])[A-Za-zÀ-ɏ]{1,2}-[A-Za-zÀ-ɏ]{2,}(?![\w-])"
# Figures keep their points and commas; an English genitive's s is no word.
TOKEN = re.compile(
    rf"{_NAME_WITH_SIGNS}|{_SHORT_COMPOUND}|\d+(?:[.,]\d+)+(?![\w{_MARKS}])"
    rf"|(?!(?<=['’])[sS]\b)[\w{_MARKS}]+"
)
UNSPACED_RUN = re.compile(rf"([{_UNSPACED}]+)")
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
# The parts of snake_case, camelCase, HTTPServer and of words glued to figures.
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Marks that only colour a Latin, Greek, Cyrillic, Hebrew or Arabic letter.
ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")
LATIN = re.compile("[A-Za-zÀ-ɏ]")
# One word in several spellings: joiners and the Arabic line shape letters only, Persian has two
# letters of its own for Arabic ones, and many scripts have figures of their own.
_ZEROS = "٠۰०০੦૦୦௦౦೦൦๐໐༠၀០"
_SPELLING: dict[int, str | int | None] = {
    **dict.fromkeys(map(ord, "\u200c\u200d\u00ad\u0640")),
    0x6A9: 0x643,
    0x6CC: 0x64A,
    0x649: 0x64A,
    0x66B: ".",
    0x66C: ",",
    **{ord(zero) + digit: str(digit) for zero in _ZEROS for digit in range(10)},
}
LANGUAGE_OF_SCRIPT = (
    (re.compile("[Ѐ-ԯ]"), "russian"),
    (re.compile("[Ͱ-Ͽἀ-῾]"), "greek"),
    (re.compile("[\u0600-\u06ff]"), "arabic"),
    (re.compile("[\u0900-\u097f]"), "hindi"),
    (re.compile("[\u0b80-\u0bff]"), "tamil"),
    (re.compile("[\u0530-\u058f]"), "armenian"),
)


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 - Snowball's own name


@lru_cache(maxsize=64)
def _stemmer(language: str) -> _Stemmer:
    import snowballstemmer  # noqa: PLC0415 - cold start: only who indexes or searches pays

    stemmer: _Stemmer = snowballstemmer.stemmer(language)
    return stemmer


def fold(word: str) -> str:
    """Fold case and accents: ``Größe`` and ``GROSSE`` are one word."""
    folded = word.casefold()
    if folded.isascii():
        return folded
    bare = ACCENTS.sub("", unicodedata.normalize("NFD", folded))
    return unicodedata.normalize("NFC", bare)


def plainly(text: str) -> str:
    """Return a text in the one spelling in which its words are compared; case and accents stay."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_SPELLING)


def tokens(text: str) -> list[str]:
    """Return a text's words, identifiers and figures, and its runs of scripts without spaces."""
    return TOKEN.findall(plainly(text))


def _by_stop_words(text: str) -> str | None:
    words = TOKEN.findall(fold(text))
    votes = Counter(chain.from_iterable(STOP_WORDS.get(word, ()) for word in words))
    if not votes:
        return None
    best = max(votes.values())
    # A tie goes to English: most stop words that languages share are English ones too.
    return DEFAULT_LANGUAGE if votes[DEFAULT_LANGUAGE] == best else votes.most_common(1)[0][0]


def detect_language(text: str) -> str | None:
    """Return the language or, where that tells less, the script of a text; None if nothing does.

    Chinese, Japanese, Korean, Thai and their neighbours are ``unspaced``.
    """
    start = text[:CHARACTERS_TO_GUESS_BY]
    letters = {name: len(script.findall(start)) for script, name in LANGUAGE_OF_SCRIPT}
    # Such a script says in one character what Latin says in three.
    letters["unspaced"] = 3 * sum(map(len, UNSPACED_RUN.findall(start)))
    script = max(letters, key=letters.__getitem__)
    latin = len(LATIN.findall(start))
    return script if letters[script] > latin else _by_stop_words(start)


def guess_language(text: str) -> str:
    """Guess the language of Latin script by its stop words; English where nothing tells."""
    return _by_stop_words(text[:CHARACTERS_TO_GUESS_BY]) or DEFAULT_LANGUAGE


def _stem(word: str, language: str) -> str:
    if language == UNSTEMMED:
        return fold(word)
    if not word.isascii():
        for script, of_script in LANGUAGE_OF_SCRIPT:
            if script.search(word):
                language = of_script
                break
    # Snowball reads accents (German umlauts, French endings), so it goes before the folding.
    with _STEMMING:
        stem = _stemmer(language).stemWord(word.casefold())
    return fold(stem)


def _word(word: str, language: str) -> list[str]:
    """Return a word's terms: folded, and stemmed where that differs.

    The folded word stays beside the stem because a passage and a short question may be taken for
    different languages, and would then meet nowhere.
    """
    folded = fold(word)
    stem = _stem(word, language)
    return [folded] if stem in {folded, ""} else [folded, stem]


@lru_cache(maxsize=65_536)
def _spaced(token: str, language: str) -> tuple[str, ...]:
    """Return the terms of a token of a script with spaces: a word, an identifier or a number."""
    token = token[:LONGEST_TOKEN]
    if token[0].isdigit() and ("," in token or "." in token):
        return (token.replace(",", "") if THOUSANDS.fullmatch(token) else token,)
    if token[-1] in "+#":
        return (fold(token), *_spaced(token.rstrip("+#"), language))
    if "-" in token:
        inner = chain.from_iterable(_word(part, language) for part in token.split("-"))
        return (*_word(token.replace("-", ""), language), *inner)
    parts = PART.findall(token) if token.isascii() else token.split("_")
    if len(parts) < 2:  # noqa: PLR2004 - one part is the whole
        return tuple(_word(token, language))
    inner = chain.from_iterable(_word(part, language) for part in parts if part)
    return (fold(token), *inner)


def _bigrams(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def _terms_of(token: str, language: str) -> tuple[str, ...] | list[str]:
    if token.isascii() or not UNSPACED_RUN.search(token):
        return _spaced(token, language)
    found: list[str] = []
    for at, part in enumerate(UNSPACED_RUN.split(token)):
        if at % 2:
            found += _bigrams(part)
        elif part:
            found += _spaced(part, language)
    return found


def terms(text: str, *, language: str | None = None) -> list[str]:
    """Return a text's terms in order, doubles included: what postings count and BM25 weighs.

    ``language`` is a Snowball name such as ``german``, or ``unstemmed``; left out, it is guessed
    from the text.
    """
    chosen = language or guess_language(plainly(text))
    return [term for token in tokens(text) for term in _terms_of(token, chosen)]
