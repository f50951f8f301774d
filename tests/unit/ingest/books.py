import io
import zipfile
from collections.abc import Mapping, Sequence

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)
PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf">'
    '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></metadata>'
    "<manifest>{items}</manifest><spine>{references}</spine></package>"
)
PAGE = (
    '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">'
    "<head><title/></head><body>{}</body></html>"
)


def book_of(
    chapters: Sequence[str],
    *,
    title: str = "The Book",
    order: Sequence[int] = (),
    extra: Mapping[str, str] | None = None,
) -> bytes:
    """Return an EPUB of these bodies, read in `order` where it is given."""
    items = "".join(
        f'<item id="c{number}" href="text/part%20{number}.xhtml" {kind_of(body)}/>'
        for number, body in enumerate(chapters)
    )
    references = "".join(
        f'<itemref idref="c{number}"/>' for number in order or range(len(chapters))
    )
    package = PACKAGE.format(title=title, items=items, references=references)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("OEBPS/book.opf", package)
        pages = {
            f"OEBPS/text/part {number}.xhtml": body if body.startswith("<?") else PAGE.format(body)
            for number, body in enumerate(chapters)
        }
        for name, content in {**pages, **(extra or {})}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def kind_of(body: str) -> str:
    if "<ncx" in body:
        return 'media-type="application/x-dtbncx+xml"'
    contents = ' properties="nav"' if body.startswith("<nav") else ""
    return f'media-type="application/xhtml+xml"{contents}'
