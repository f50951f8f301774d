import pytest

from functions.ingest.describing import detect, language_of
from functions.ingest.schemas import Block, BlockKind, ParsedDocument

ENGLISH = "Quiet hours begin at ten in the evening, and the gate is closed by the porter at eleven."
GERMAN = "Die Nachtruhe beginnt um zehn Uhr abends, und der Pförtner schließt das Tor um elf."
PYTHON = "import os\n\ndef main():\n    for name in os.listdir('.'):\n        print(name)\n"

DETECTED = [
    (ENGLISH, "en", "a sentence"),
    (GERMAN, "de", "another"),
    ("Wie installiere ich docker compose auf dem Server?", "de", "borrowed words"),
    ("Il treno parte ogni mattina dalla stazione centrale.", "it", "Italian"),
    ("O trem parte todas as manhãs da estação central.", "pt", "Portuguese"),
    ("Det är inte så lätt att förstå vad de menar.", "sv", "Swedish"),
    ("Det er ikke så let at forstå hvad de mener.", "da", "Danish"),
    ("Det er ikke så lett å forstå hva de mener.", "no", "Norwegian, a letter away"),
    ("Pociąg odjeżdża codziennie rano z dworca głównego.", "pl", "Polish"),
    ("Це український текст про історію Києва.", "uk", "not Russian"),
    ("Это русский текст об истории Москвы.", "ru", "not Ukrainian"),
    ("Что делала компания Tesla Electric в этом городе?", "ru", "a name in Latin script"),
    ("Что делала Tesla Electric Light & Manufacturing?", None, "more Latin than Russian"),
    ("این یک متن فارسی است درباره تاریخ ایران", "fa", "not Arabic"),
    ("यह हिन्दी में लिखा हुआ एक छोटा पाठ है।", "hi", "Devanagari"),
    ("大熊猫主要以竹子为食，生活在中国西南部的山区。", "zh", "signs without kana"),
    ("東京タワーは1958年に完成した。", "ja", "signs with kana"),
    ("한국어 문서입니다.", "ko", "hangul"),
    ("ชื่อเมืองหลวงของประเทศ", "th", "Thai"),
    ("Ποια είναι η πρωτεύουσα;", "el", "Greek"),
    ("מהי בירת המדינה?", "he", "Hebrew"),
    ("北京大学 (Peking University) 成立于1898年，位于北京市海淀区。", "zh", "a name in brackets"),
    ("", None, "nothing"),
    ("12.5 8080 -- 2024", None, "no letters"),
    ("Ja", None, "too short"),
    ("PostgreSQL pgvector", None, "names"),
    ("Max Mustermann, Hauptstrasse 5, 10115 Berlin", None, "an address"),
    ("東京都千代田区", None, "a place name, Chinese by its signs alone"),
    (PYTHON * 10, None, "code"),
    ("SELECT id, name FROM users WHERE id = 1;\n" * 20, None, "queries"),
    ("id,name,price\n1,Apple,3\n2,Pear,4\n" * 10, None, "a table of names"),
    ((ENGLISH + "\n") * 20 + (GERMAN + "\n") * 20, None, "two languages"),
    ((ENGLISH + "\n" + GERMAN + "\n") * 20, None, "two languages by turns"),
    ((ENGLISH + "\n") * 38 + (GERMAN + "\n") * 2, "en", "a quotation"),
]


@pytest.mark.parametrize(("text", "language", "remark"), DETECTED)
def test_a_document_has_a_language_or_none(text: str, language: str | None, remark: str) -> None:
    assert detect(text) == language, remark


def test_code_does_not_tell_a_documents_language() -> None:
    kinds: list[tuple[BlockKind, str]] = [
        ("code", "# All the words that stand in this listing are English ones. " * 20),
        ("paragraph", GERMAN),
    ]
    parsed = ParsedDocument(
        media_type="text/markdown",
        title="Hausordnung",
        text="",
        blocks=tuple(Block(kind=kind, text=text, start=0, end=0) for kind, text in kinds),
    )
    assert language_of(parsed) == "de"


def test_a_long_document_is_read_in_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def reading(window: str) -> tuple[str | None, int]:
        read.append(window)
        return "en", len(window)

    monkeypatch.setattr("functions.ingest.describing._language_of", reading)
    assert detect(ENGLISH * 10_000) == "en"
    assert 20 <= len(read) <= 40
