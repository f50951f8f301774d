"""Question sets as they lie in folders and files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from functions.local.evaluation.reading import read_set
from functions.local.home import UsageError


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "qrels").mkdir(parents=True)
    write_lines(
        folder / "corpus.jsonl",
        [
            {"_id": "d1", "title": "Hours", "text": "We open at nine in the morning."},
            {"_id": "d2", "text": "Parking is behind the house."},
            {"_id": "d3", "title": "Hours", "text": "We open at nine in the morning."},
        ],
    )
    write_lines(
        folder / "queries.jsonl",
        [
            {"_id": "q1", "text": "When do you open in the morning?"},
            {"_id": "q2", "text": "Where may I park?", "metadata": {"language": "en"}},
            {"_id": "q3", "text": "Of another split"},
            {"_id": "q4", "text": "Who won?", "metadata": {"answerable": False}},
        ],
    )
    (folder / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\td3\t1\nq2\td2\t2\nq2\td1\t0\n", encoding="utf-8"
    )
    (folder / "qrels" / "train.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq3\td1\t1\n", encoding="utf-8"
    )
    return folder


def test_a_beir_folder_is_read_with_the_judgements_of_its_test(beir: Path) -> None:
    found = read_set(beir)
    assert found.name == "shop"
    assert found.language == "en"
    by_id = {question.id: question for question in found.questions}
    assert by_id.keys() == {"q1", "q2", "q4"}
    assert by_id["q2"].relevant == {"d2": 2}
    assert by_id["q2"].language == "en"
    assert by_id["q4"].answerable is False


def test_a_text_that_is_there_twice_is_one_document(beir: Path) -> None:
    found = read_set(beir)
    assert [paper.id for paper in found.papers] == ["d1", "d2"]
    assert found.questions[0].relevant == {"d1": 1}


def test_judgements_in_trec_eval_columns_are_read(beir: Path) -> None:
    (beir / "qrels" / "test.tsv").write_text("q1\t0\td2\t1\n", encoding="utf-8")
    assert read_set(beir).questions[0].relevant == {"d2": 1}


def squad(path: Path, words: str, question: str) -> Path:
    row = {"id": "a", "question": question, "answers": [{"text": words, "answer_start": 0}]}
    gone = {"id": "b", "question": "Who?", "answers": [], "is_impossible": True}
    paragraphs = [{"context": f"{words} and more", "qas": [row, gone]}]
    data = {"data": [{"title": "T", "paragraphs": paragraphs}]}
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_a_squad_paragraph_is_a_document_that_answers_its_questions(tmp_path: Path) -> None:
    found = read_set(squad(tmp_path / "small.en.json", "nine o'clock", "When?"))
    assert found.name == "small.en"
    asked, gone = found.questions
    assert asked.relevant == {found.papers[0].id: 1}
    assert asked.gold == ["nine o'clock"]
    assert (gone.relevant, gone.answerable) == ({}, False)


def test_questions_of_another_language_keep_the_documents_and_their_answers(tmp_path: Path) -> None:
    english = squad(tmp_path / "small.en.json", "nine o'clock", "When?")
    german = squad(tmp_path / "small.de.json", "neun Uhr", "Wann?")
    found = read_set(english, questions_from=german)
    assert found.name == "small.de on small.en"
    assert found.questions[0].text == "Wann?"
    assert found.questions[0].gold == ["nine o'clock"]
    assert found.papers[0].text == "nine o'clock and more"


def test_a_conversation_is_asked_with_what_its_user_said_before(tmp_path: Path) -> None:
    write_lines(
        tmp_path / "corpus.jsonl", [{"_id": "d", "title": "", "text": "Bots are programs."}]
    )
    turns = [("user", "What is a bot?"), ("agent", "A program."), ("user", "Is it good?")]
    task = {
        "task_id": "t",
        "turns": [{"speaker": speaker, "text": text} for speaker, text in turns],
        "relevant": ["d"],
        "answerability": ["PARTIAL"],
    }
    refused = {**task, "task_id": "u", "relevant": [], "answerability": ["UNANSWERABLE"]}
    write_lines(tmp_path / "tasks.jsonl", [task, refused])
    partial, unanswerable = read_set(tmp_path).questions
    assert (partial.text, partial.turns) == ("Is it good?", ["What is a bot?"])
    assert partial.answerable is None
    assert unanswerable.answerable is False


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        ("not JSON", "no JSON"),
        ("{}", "another JSON file"),
        ('{"data": []}', "no paragraph"),
        ('{"data": [{"paragraphs": [{"context": "x"}]}]}', "no questions"),
    ],
)
def test_what_is_no_question_set_is_refused_in_a_sentence(
    tmp_path: Path, content: str, remark: str
) -> None:
    file = tmp_path / "set.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        read_set(file)
    assert str(file) in refused.value.message, remark


def test_a_row_without_its_text_is_refused_in_a_sentence(beir: Path, tmp_path: Path) -> None:
    write_lines(beir / "corpus.jsonl", [{"_id": "d1", "title": "", "text": None}])
    write_lines(tmp_path / "corpus.jsonl", [{"_id": "d", "title": "", "text": "Bots."}])
    silent = {"task_id": "t", "turns": [], "relevant": ["d"], "answerability": []}
    write_lines(tmp_path / "tasks.jsonl", [silent])
    for path in (beir, tmp_path):
        with pytest.raises(UsageError, match="cannot be read as a question set"):
            read_set(path)


def test_a_folder_without_a_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_set(tmp_path)
