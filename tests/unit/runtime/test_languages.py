import pytest
import snowballstemmer

from functions.ingest.describing import SCRIPTS, SHARED_SCRIPTS
from functions.runtime.languages import STEMMERS, UNSTEMMED, stemmer_of
from functions.runtime.lexical import terms


def test_every_stemmer_exists() -> None:
    assert set(STEMMERS.values()) - {UNSTEMMED} <= set(snowballstemmer.algorithms())


def test_every_language_of_latin_script_is_stemmed_or_left_alone_on_purpose() -> None:
    assert set(SHARED_SCRIPTS["latin"].split()) == set(STEMMERS)
    assert not set(SCRIPTS) & set(STEMMERS)


STEMMED = [
    ("de", "Häuser", "haus", "German"),
    ("hu", "házak", "haz", "Hungarian"),
    ("uk", "libraries", "librari", "English among Ukrainian"),
    ("zh", "libraries", "librari", "English among Chinese"),
    ("ru", "книгами", "книг", "Russian by its script"),
]


@pytest.mark.parametrize(("code", "word", "stem", "remark"), STEMMED)
def test_a_word_is_stemmed_as_its_document_is(code: str, word: str, stem: str, remark: str) -> None:
    assert stem in terms(word, language=stemmer_of(code)), remark


def test_a_language_without_a_stemmer_is_only_folded() -> None:
    assert terms("thư viện libraries", language=stemmer_of("vi")) == ["thu", "vien", "libraries"]
    assert stemmer_of(None) is None
