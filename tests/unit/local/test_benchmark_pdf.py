import io

from pypdf import PdfReader

from functions.local.benchmarks.pdf import pdf


def test_every_page_holds_its_words() -> None:
    reader = PdfReader(io.BytesIO(pdf(3, words=["lantern", "harbour"])), strict=True)
    texts = [page.extract_text() for page in reader.pages]
    assert [len(text.split()) for text in texts] == [360] * 3
    assert set(" ".join(texts).split()) == {"lantern", "harbour"}
