"""Which language a document is written in."""

import re
from collections import Counter
from functools import lru_cache
from threading import Lock
from typing import Final, Protocol

from functions.ingest.schemas import ParsedDocument

# Read in windows, evenly spaced: long enough to be sure of, many enough to see a second language.
WINDOW_CHARACTERS: Final = 500
SHORTEST_WINDOW: Final = 120
LEAST_WINDOWS: Final = 4
MOST_WINDOWS: Final = 40
# Measured on XQuAD in twelve languages: of 2,880 paragraphs none is taken for another language and
# 0.4 % stay open; of 14,280 questions, 60 characters long, it is 0.06 % and 4.6 %.
LEAST_CONFIDENCE: Final = 0.7
LEAST_LETTERS: Final = 16
# A language of a document is that of nearly all of it: two languages are stemmed by neither.
LEAST_SHARE: Final = 0.8
# Where half of it or more tells nothing, the rest may be a quotation.
LEAST_TOLD: Final = 0.5
# One such character says as much as three letters.
CHARACTERS_OF_A_SIGN: Final = 3

LATIN: Final = "latin"
CJK: Final = "han"
# What is told apart by words; every other script is a language's own.
SHARED_SCRIPTS: Final = {
    LATIN: (
        "af az ca cs cy da de en eo es et eu fi fr ga gl hr hu id is it la lt lv ms mt nl no pl pt"
        " ro sk sl sq sr sv sw tl tr vi"
    ),
    "cyrillic": "be bg kk mk ru sr uk",
    "arabic": "ar fa ur",
    "devanagari": "hi mr ne",
}
# The model's own label for what is no language.
NO_LANGUAGE: Final = "zxx"
SCRIPTS: Final = {
    LATIN: re.compile("[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]"),
    "cyrillic": re.compile("[Ѐ-ԯ]"),
    "arabic": re.compile("[\u0620-\u064a\u066e-\u06d3]"),
    "devanagari": re.compile("[\u0900-\u097f]"),
    "el": re.compile("[Ͱ-Ͽἀ-῾]"),
    "he": re.compile("[\u05d0-\u05ea]"),
    "hy": re.compile("[\u0530-\u058f]"),
    "ka": re.compile("[\u10a0-\u10ff]"),
    "am": re.compile("[\u1200-\u137f]"),
    "bn": re.compile("[\u0980-\u09ff]"),
    "pa": re.compile("[\u0a00-\u0a7f]"),
    "gu": re.compile("[\u0a80-\u0aff]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
    "te": re.compile("[\u0c00-\u0c7f]"),
    "kn": re.compile("[\u0c80-\u0cff]"),
    "ml": re.compile("[\u0d00-\u0d7f]"),
    "si": re.compile("[\u0d80-\u0dff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "lo": re.compile("[\u0e80-\u0eff]"),
    "my": re.compile("[\u1000-\u109f]"),
    "km": re.compile("[\u1780-\u17ff]"),
    "ko": re.compile("[가-힣ᄀ-ᇿ]"),
    CJK: re.compile("[ぁ-ゖァ-ヺ㐀-䶿一-鿿\U00020000-\U0003ffff]"),
}
KANA: Final = re.compile("[ぁ-ゖァ-ヺ]")
# A place name without kana may be Japanese as well.
LEAST_HAN: Final = 10 * CHARACTERS_OF_A_SIGN
# Japanese writes at least a tenth in kana; a Chinese text may quote a brand.
LEAST_KANA: Final = 0.1
INLINE_CODE: Final = re.compile(r"`[^`\n]*`")
ASCII_RUN: Final = re.compile("[!-~]+")
# Addresses, identifiers, paths, calls and flags are nobody's mother tongue.
NOT_PROSE: Final = re.compile(r"[_{}<>=;\\/@#$|]|\w\.\w|\w\(|::|--|[a-z][A-Z]")
_LOADING = Lock()


class _Identifier(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


@lru_cache(maxsize=1)
def _identifier() -> "_Identifier":
    """Load the model: 0.6 s and 57 MB, of which leaving out 90 languages saves 27 MB."""
    from py3langid.langid import (  # noqa: PLC0415 - only who ingests pays
        MODEL_DIR,
        MODEL_FILE,
        LanguageIdentifier,
    )
    from py3langid.modelio import load_model  # noqa: PLC0415 - likewise

    model = load_model(MODEL_DIR / MODEL_FILE)  # type: ignore[no-untyped-call]
    weights, priors, classes, moves, rows, outputs = model
    wanted = {NO_LANGUAGE, *(code for codes in SHARED_SCRIPTS.values() for code in codes.split())}
    kept = [column for column, code in enumerate(classes) if code in wanted]
    identifier: _Identifier = LanguageIdentifier(  # type: ignore[no-untyped-call]
        weights[:, kept].copy(),
        priors[kept],
        [classes[column] for column in kept],
        moves,
        outputs,
        norm_probs=True,
        tk_row=rows,
    )
    return identifier


def _prose(text: str) -> str:
    return ASCII_RUN.sub(
        lambda run: " " if NOT_PROSE.search(run[0]) else run[0], INLINE_CODE.sub(" ", text)
    )


def _script(text: str) -> tuple[str, int]:
    """Return the script most of a text is in, and its letters in that script."""
    letters = {script: len(of_script.findall(text)) for script, of_script in SCRIPTS.items()}
    letters[CJK] *= CHARACTERS_OF_A_SIGN
    script = max(letters, key=letters.__getitem__)
    return script, letters[script]


def _ranked(text: str) -> list[tuple[str, float]]:
    # Several documents are read at once: only the first loads the model.
    with _LOADING:
        identifier = _identifier()
    return identifier.rank(text)


def _told_by_words(text: str, script: str) -> str | None:
    # A Russian sentence about Tesla Electric is Russian.
    of_script = SCRIPTS[script]
    own = "".join(sign if of_script.match(sign) or not sign.isalpha() else " " for sign in text)
    candidates = {NO_LANGUAGE, *SHARED_SCRIPTS[script].split()}
    ranked = [found for found in _ranked(own) if found[0] in candidates]
    code, share = ranked[0]
    sure = share >= LEAST_CONFIDENCE * sum(other for _, other in ranked)
    return code if sure and code != NO_LANGUAGE else None


def _language_of(window: str) -> tuple[str | None, int]:
    """Return a window's language, None where nothing tells, and how many letters say so."""
    text = _prose(window)
    script, letters = _script(text)
    if script == CJK:
        kana = len(KANA.findall(text)) * CHARACTERS_OF_A_SIGN
        if kana >= LEAST_KANA * letters:
            return "ja", letters
        return "zh" if letters >= LEAST_HAN else None, letters
    if script not in SHARED_SCRIPTS:
        return script, letters
    if letters < LEAST_LETTERS:
        return None, letters
    return _told_by_words(text, script), letters


def detect(text: str) -> str | None:
    """Return the ISO 639-1 code of nearly all of a text; None where two share it or none shows."""
    width = min(WINDOW_CHARACTERS, max(SHORTEST_WINDOW, -(-len(text) // LEAST_WINDOWS)))
    starts = range(0, len(text), width)
    step = -(-len(starts) // MOST_WINDOWS) or 1
    votes: Counter[str] = Counter()
    letters_read = 0
    for start in starts[::step]:
        language, letters = _language_of(text[start : start + width])
        letters_read += letters
        if language:
            votes[language] += letters
    for language, letters in votes.most_common(1):
        if letters >= max(LEAST_SHARE * votes.total(), LEAST_TOLD * letters_read):
            return language
    return None


def language_of(parsed: ParsedDocument) -> str | None:
    """Return the language of a document's prose; its code blocks are nobody's."""
    return detect("\n\n".join(block.text for block in parsed.blocks if block.kind != "code"))
