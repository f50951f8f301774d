"""Read question sets: a BEIR folder, a SQuAD file, the MTRAG-UN folder."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec

from functions.ingest.describing import detect
from functions.local.evaluation.schemas import Paper, Question, QuestionSet
from functions.local.home import UsageError

DETECTED_CHARACTERS: Final = 20_000
QRELS_FIELDS: Final = 3
# Between them they say nothing: a question without enough words, or answered in part.
ANSWERABLE: Final = {"ANSWERABLE": True, "UNANSWERABLE": False}


def read_set(path: Path, *, questions_from: Path | None = None) -> QuestionSet:
    """Return the set that a path holds. Raises UsageError where it holds none.

    ``questions_from`` is a SQuAD file of the same questions in another language.
    """
    try:
        found = _read(path)
        if questions_from is not None:
            found = _asked_otherwise(found, _squad(questions_from))
        found = _distinct(found)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} cannot be read as a question set ({error!r}). It takes a BEIR folder, a file"
            " in SQuAD's format, or the MTRAG-UN folder."
        ) from error
    if not found.papers or not found.questions:
        raise UsageError(f"{path} holds no questions that can be asked.")
    return found


def _read(path: Path) -> QuestionSet:
    if path.is_file():
        return _squad(path)
    if (path / "tasks.jsonl").is_file():
        return _mtrag(path)
    return _beir(path)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def _set(name: str, papers: list[Paper], questions: list[Question]) -> QuestionSet:
    text = " \n".join(question.text for question in questions)
    return QuestionSet(
        name=name,
        language=detect(text[:DETECTED_CHARACTERS]),
        papers=papers,
        questions=questions,
    )


def _corpus(path: Path) -> list[Paper]:
    return [
        Paper(id=str(row["_id"]), title=row.get("title") or "", text=row["text"])
        for row in _lines(path / "corpus.jsonl")
    ]


def _beir(path: Path) -> QuestionSet:
    relevant = _qrels(path / "qrels")
    questions = []
    for row in _lines(path / "queries.jsonl"):
        about = row.get("metadata") or {}
        question = Question(
            id=str(row["_id"]),
            text=row["text"],
            turns=list(about.get("turns", [])),
            relevant=relevant.get(str(row["_id"]), {}),
            answerable=about.get("answerable"),
            language=about.get("language"),
        )
        # The others belong to a part of the set that is not judged here.
        if question.relevant or question.answerable is False:
            questions.append(question)
    return _set(path.name, _corpus(path), questions)


def _qrels(folder: Path) -> dict[str, dict[str, int]]:
    """Return the judged documents of each question; of several files the test's."""
    files = sorted(folder.glob("*.tsv"))
    files = [file for file in files if file.stem == "test"] or files
    found: dict[str, dict[str, int]] = {}
    for question, paper, gain in chain.from_iterable(map(_judgements, files)):
        if gain > 0:
            found.setdefault(question, {})[paper] = gain
    return found


def _judgements(file: Path) -> Iterator[tuple[str, str, int]]:
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            # The first line names the columns.
            if len(row) >= QRELS_FIELDS and row[-1].lstrip("-").isdecimal():
                # trec_eval's own files have a column between the question and the document.
                yield row[0], row[-2], int(row[-1])


def _squad(path: Path) -> QuestionSet:
    papers, questions = [], []
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    for number, paragraph in enumerate(paragraphs, 1):
        paper = Paper(id=f"{number:05}", title="", text=paragraph["context"])
        papers.append(paper)
        questions += [_squad_question(row, paper.id) for row in paragraph["qas"]]
    return _set(path.stem, papers, questions)


def _squad_question(row: dict[str, Any], paper: str) -> Question:
    impossible = bool(row.get("is_impossible"))
    return Question(
        id=str(row["id"]),
        text=row["question"],
        relevant={} if impossible else {paper: 1},
        # Without foreign questions in the file nobody said that these have an answer.
        answerable=False if impossible else None,
        gold=[answer["text"] for answer in row.get("answers", [])],
    )


def _asked_otherwise(found: QuestionSet, asking: QuestionSet) -> QuestionSet:
    """Return the set with the same questions in the words of another."""
    own = {question.id: question for question in found.questions}
    questions = [
        # What answers the question is written as the documents write it.
        msgspec.structs.replace(own[question.id], text=question.text)
        for question in asking.questions
        if question.id in own
    ]
    return QuestionSet(
        name=f"{asking.name} on {found.name}",
        language=asking.language,
        papers=found.papers,
        questions=questions,
    )


@dataclass(frozen=True)
class _Task:
    """A conversation of MTRAG-UN, up to the question that is asked."""

    row: dict[str, Any]

    def question(self) -> Question:
        said = [turn["text"] for turn in self.row["turns"] if turn["speaker"] == "user"]
        kinds: Sequence[str] = self.row["answerability"]
        return Question(
            id=self.row["task_id"],
            text=said[-1],
            turns=said[:-1],
            relevant=dict.fromkeys(self.row["relevant"], 1),
            answerable=ANSWERABLE.get(kinds[0]) if kinds else None,
        )


def _mtrag(path: Path) -> QuestionSet:
    questions = [_Task(row).question() for row in _lines(path / "tasks.jsonl")]
    return _set(path.name, _corpus(path), questions)


def _distinct(found: QuestionSet) -> QuestionSet:
    """Return the set with each text once; search shows what says the same once as well."""
    first: dict[tuple[str, str], str] = {}
    same = {
        paper.id: first.setdefault((paper.title, paper.text), paper.id) for paper in found.papers
    }
    questions = [
        msgspec.structs.replace(
            question,
            relevant={
                same[paper]: gain for paper, gain in question.relevant.items() if paper in same
            },
        )
        for question in found.questions
    ]
    return msgspec.structs.replace(
        found,
        papers=[
            paper for paper in found.papers if same[paper.id] == paper.id and paper.text.strip()
        ],
        questions=questions,
    )
