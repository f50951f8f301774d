import pytest

from functions.runtime.embedder.folding import fold_uncased


@pytest.mark.parametrize(
    ("text", "folded", "why"),
    [
        ("Naïve Café, Größe", "naive cafe, große", "accents go, ß is a letter"),
        ("“Quoted” – yes…", '"quoted" - yes...', "punctuation becomes ASCII"),
        ("it’s", "it's", "an apostrophe is one"),
        ("熊猫吃竹子。", "熊 猫 吃 竹 子 .", "ideographs stand alone"),
        ("a\u0000b\u200bc\ufffd", "abc", "control signs and lost ones go"),
        ("one\t two\n\nthree", "one two three", "space is one space"),
        ("¿Qué?", "que?", "what has no counterpart is a space"),
        ("Ω ≈ 3", "ω ≈ 3", "symbols stay"),
        ("", "", "nothing is nothing"),
    ],
)
def test_text_is_folded_as_an_uncased_tokenizer_reads_it(text: str, folded: str, why: str) -> None:
    assert fold_uncased(text) == folded


def test_folding_twice_changes_nothing() -> None:
    text = "“Große” Ångström — naïve, 熊猫"
    assert fold_uncased(fold_uncased(text)) == fold_uncased(text)
