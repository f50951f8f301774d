import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.runtime.sentences import LONGEST_SENTENCE, split_sentences

SPLIT = [
    ("One. Two! Three?", ["One.", "Two!", "Three?"], "plain English"),
    ("Dr. Smith met J. K. Rowling. They spoke.", 2, "titles and initials"),
    ("The U.S. Senate voted 3.5 to 2, e.g. on Monday.", 1, "abbreviations and figures"),
    ("Am 3. Oktober, d. h. im Herbst, z. B. hier. Danach nicht.", 2, "German ordinals"),
    ("He said “Stop.” Then he left.", ["He said “Stop.”", "Then he left."], "closing quotes"),
    (
        "Er sagte: „Ja, gern.“ Dann ging er.",
        ["Er sagte: „Ja, gern.“", "Dann ging er."],
        "German closing quotes",
    ),
    ("“Why?” she said. He left.", ["“Why?” she said.", "He left."], "speech goes on"),
    ("Is it on? yes. It is!", ["Is it on?", "yes.", "It is!"], "hasty writing"),
    (
        "See No. 512 on p. 315. I said no. Then I left.",
        ["See No. 512 on p. 315.", "I said no.", "Then I left."],
        "what abbreviates before a figure only",
    ),
    ("It goes on . . . and on. Then it ends.", 2, "a spaced ellipsis"),
    ("Soy el Lic. Pastoriza. Buenos días.", 2, "a Spanish title"),
    ("Sono l'Ing. Mengozzi. È presente l'Avv. Cassioni?", 2, "Italian titles"),
    ("Уважаемый проф. Семенов! Кв. 234 там.", 2, "Russian abbreviations"),
    ("他说：“好。”“走吧。”", ["他说：“好。”", "“走吧。”"], "Chinese quotes without a space"),
    ("你好。这是第二句！真的吗？是的", ["你好。", "这是第二句！", "真的吗？", "是的"], "Chinese"),
    (
        "これは一文です。「はい。」次の文。",
        ["これは一文です。", "「はい。」", "次の文。"],
        "Japanese",
    ),
    ("यह पहला है। यह दूसरा है।", ["यह पहला है।", "यह दूसरा है।"], "Hindi"),
    ("هل هذا سؤال؟ نعم.", ["هل هذا سؤال؟", "نعم."], "Arabic"),
    ("Это раз. Это два.", ["Это раз.", "Это два."], "Russian"),
    (
        "# Title\nFirst line\ngoes on. Next.",
        ["# Title", "First line\ngoes on.", "Next."],
        "heading",
    ),
    ("Intro:\n- one\n- two\n\nEnd", ["Intro:", "- one", "- two", "End"], "list items"),
    ("| a | b |\n| c | d |", ["| a | b |", "| c | d |"], "table rows"),
    ("a | b\nc | d", ["a | b", "c | d"], "table rows without an edge"),
    (
        "Settings:\nkey | meaning\nA | One. Two.\nB | Three\nAfter it. End.",
        ["Settings:", "key | meaning", "A | One. Two.", "B | Three", "After it.", "End."],
        "a table between prose, with full stops in a row",
    ),
    ("a | b | c\n | d | \ne |  | f", ["a | b | c", "| d |", "e |  | f"], "empty cells"),
    ("Run ls | wc -l\nto count. Done.", 2, "a pipe within prose"),
    ("Run:\n```\nmake a. B\n\nmake c\n```\nDone.", 3, "code stays whole"),
    ("Open main.py and settings.json first.", 1, "file names"),
    ("", [], "nothing"),
    ("... !!! ---", [], "no words"),
]


@pytest.mark.parametrize(("text", "expected", "remark"), SPLIT)
def test_sentences_are_found(text: str, expected: list[str] | int, remark: str) -> None:
    found = [text[start:end] for start, end in split_sentences(text)]
    assert (len(found) if isinstance(expected, int) else found) == expected, (remark, found)


def test_thai_is_parted_at_spaces_once_long_enough() -> None:
    clause = "ประเทศไทยเป็นประเทศที่ตั้งอยู่ในทวีปเอเชียตะวันออกเฉียงใต้"
    assert len(split_sentences(f"{clause} {clause} {clause}")) == 3


@given(st.text(alphabet=st.sampled_from("aZ .。\n|#`-1้ก"), max_size=300))
def test_spans_are_ordered_trimmed_and_lose_no_word(text: str) -> None:
    spans = split_sentences(text)
    assert all(first.end <= second.start for first, second in itertools.pairwise(spans))
    assert all(text[span.start : span.end].strip() == text[span.start : span.end] for span in spans)
    kept = "".join(text[span.start : span.end] for span in spans)
    assert sum(map(str.isalnum, kept)) == sum(map(str.isalnum, text))


def test_a_wall_of_text_is_cut() -> None:
    spans = split_sentences("word " * 1_000 + "x" * 2_000)
    assert max(end - start for start, end in spans) <= LONGEST_SENTENCE
