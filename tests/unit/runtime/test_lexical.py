import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from functions.runtime import lexical
from functions.runtime.lexical import detect_language, fold, guess_language, terms

ANALYSED = [
    ("Größe", "german", ["grosse", "gross"], "sharp s and umlaut fold, the stem follows"),
    ("café naïve", "english", ["cafe", "naive", "naiv"], "accents fold"),
    ("libraries", "english", ["libraries", "librari"], "word beside stem"),
    ("МОСКВЫ", "english", ["москвы", "москв"], "the script decides before the guess"),
    ("l'homme", "french", ["l", "homm", "homme"], "elisions part"),
    ("Lorekeeper's", "english", ["lorekeeper", "lorekeep"], "no genitive s"),
    ("snake_case", "german", ["snake_case", "snak", "snake", "cas", "case"], "identifier"),
    ("parseHTTP", "english", ["parsehttp", "parse", "pars", "http"], "camel humps"),
    ("v2", "english", ["v2", "v", "2"], "letters glued to figures"),
    ("3.11", "english", ["3.11"], "a version stays whole"),
    ("1,190,000", "english", ["1190000"], "thousands lose their commas"),
    ("你好世界", "english", ["你好", "好世", "世界"], "Chinese in bigrams"),
    ("猫", "english", ["猫"], "a lone character stands for itself"),
    ("用Python写", "english", ["用", "python", "写"], "scripts part within a token"),
    ("ไทย", "english", ["ไท", "ทย"], "Thai in bigrams"),
    ("東京タワー", "english", ["東京", "京タ", "タワ", "ワー"], "Japanese in bigrams"),
    ("ﬁle", "english", ["file"], "ligatures come apart"),
    ("C++17 and C#", "english", ["c++", "c", "17", "and", "c#", "c"], "languages with signs"),
    ("a++b #tag page#top", "english", ["a", "b", "tag", "page", "top"], "signs of others"),
    ("E-Mail", "english", ["email", "e", "mail"], "a short compound is one word as well"),
    ("state-of-the-art", "english", ["state", "of", "the", "art"], "a long one is not"),
    ("हिन्\u200dदी", "english", ["हिन्दी", "हिन्द"], "a joiner parts no word"),
    ("می\u200cخواهم", "english", ["ميخواهم", "ميخو"], "nor does one that keeps letters apart"),
    (
        "کتابی مدرســة",
        "english",
        ["كتابي", "كتاب", "مدرسة", "مدرس"],
        "Persian letters, a line",
    ),
    ("٣٫٥ و १९४७", "english", ["3.5", "و", "1947"], "figures of other scripts"),
    ("  \n\t…!?", "english", [], "no words"),
]


@pytest.mark.parametrize(("text", "language", "expected", "remark"), ANALYSED)
def test_a_text_becomes_its_terms(
    text: str, language: str, expected: list[str], remark: str
) -> None:
    assert sorted(terms(text, language=language)) == sorted(expected), remark


@pytest.mark.parametrize(
    ("passage", "question"),
    [
        ("Die Häuser der Stadt sind alt.", "Häuser?"),
        ("The libraries were closed.", "library"),
        ("call read_file before close", "ReadFile"),
        ("हिन्दी भाषा", "भाषा"),
        ("ＰｏｓｔｇｒｅＳＱＬ", "postgresql"),
    ],
)
def test_a_question_meets_its_passage_whatever_language_it_is_taken_for(
    passage: str, question: str
) -> None:
    assert set(terms(passage)) & set(terms(question))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the capital of the country?", "english"),
        ("Wie viele Häuser stehen in der Stadt?", "german"),
        ("Quelle est la capitale du pays ?", "french"),
        ("¿Cuál es la capital del país?", "spanish"),
        ("Qwertz", "english"),
        ("", "english"),
    ],
)
def test_stop_words_tell_the_language(text: str, language: str) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wann wurde die Stadt gegründet?", "german"),
        ("北京大学 (Peking University) 成立于1898年", "unspaced"),
        ("Где находится Google?", "russian"),
        ("PostgreSQL pgvector", None),
        ("???", None),
    ],
)
def test_a_language_is_detected_or_left_open(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_a_term_always_fits_an_index_entry() -> None:
    hostile = "a" * 5_000 + " " + "ΐ" * 5_000 + " " + "9." * 5_000 + "9 " + "B2" * 5_000
    assert max(len(term.encode()) for term in terms(hostile)) <= 1_000


def test_folding_is_idempotent() -> None:
    for word in ("İstanbul", "ΌΧΙ", "Straße", "Ậ", "й"):
        assert fold(fold(word)) == fold(word)


def test_texts_may_be_analysed_in_many_threads() -> None:
    words = [
        f"{stem}{ending}{number}"
        for stem in ("nation", "gener")
        for ending in ("ality", "ations", "izing")
        for number in range(2)
    ]
    texts = [
        " ".join(f"{word}{chr(97 + seed % 26)}ational" for word in words) for seed in range(26)
    ]
    expected = [terms(text, language="english") for text in texts]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            for _ in range(20):
                lexical._spaced.cache_clear()
                assert list(threads.map(partial(terms, language="english"), texts)) == expected
    finally:
        sys.setswitchinterval(before)
