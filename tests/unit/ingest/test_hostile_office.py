import asyncio
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from functions.ingest.parsing import parse
from functions.ingest.refusals import UnreadableDocumentError

MEGABYTE = 1 << 20
SCHEMAS = "http://schemas.openxmlformats.org"
OFFICE = f"{SCHEMAS}/officeDocument/2006/relationships"
PACKAGED = f"{SCHEMAS}/package/2006/relationships"
WORD = f'xmlns:w="{SCHEMAS}/wordprocessingml/2006/main" xmlns:r="{OFFICE}"'
SLIDE = (
    f'xmlns:p="{SCHEMAS}/presentationml/2006/main" xmlns:a="{SCHEMAS}/drawingml/2006/main" '
    f'xmlns:r="{OFFICE}"'
)
SHEET = f'xmlns="{SCHEMAS}/spreadsheetml/2006/main" xmlns:r="{OFFICE}"'
CANARY = "canary-4f1d"

# For each format, a part's name, what stands before the text in it, and what after.
TEXTS: Mapping[str, tuple[str, str, str]] = {
    "docx": (
        "word/document.xml",
        f"<w:document {WORD}><w:body><w:p><w:r><w:t>",
        "</w:t></w:r></w:p></w:body></w:document>",
    ),
    "pptx": (
        "ppt/slides/slide1.xml",
        f"<p:sld {SLIDE}><p:cSld><p:spTree><p:sp><p:nvSpPr/><p:txBody><a:p><a:r><a:t>",
        "</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>",
    ),
    "xlsx": (
        "xl/worksheets/sheet1.xml",
        f'<worksheet {SHEET}><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>',
        "</t></is></c></row></sheetData></worksheet>",
    ),
}
MAIN = {
    "docx": ("word/document.xml", ""),
    "pptx": (
        "ppt/presentation.xml",
        f'<p:presentation {SLIDE}><p:sldIdLst><p:sldId r:id="p1"/></p:sldIdLst></p:presentation>',
    ),
    "xlsx": (
        "xl/workbook.xml",
        f'<workbook {SHEET}><sheets><sheet name="S" sheetId="1" r:id="p1"/></sheets></workbook>',
    ),
}
KINDS = {"docx": "none", "pptx": "slide", "xlsx": "worksheet"}
FORMATS = sorted(TEXTS)


def parts_of(suffix: str, text: str = "words", *, before: str = "") -> dict[str, bytes]:
    """The parts of an office file that says `text`; `before` begins the part it stands in."""
    main, content = MAIN[suffix]
    name, opening, closing = TEXTS[suffix]
    folder, _, file = main.rpartition("/")
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relations(("d", "officeDocument", main, "")),
        main: content,
        f"{folder}/_rels/{file}.rels": relations(
            ("p1", KINDS[suffix], "/" + name, ""),
            ("x1", "image", "file:///proc/self/environ", "External"),
            ("x2", "aFChunk", "file:///etc/passwd", "External"),
        ),
    }
    parts[name] = before + opening + text + closing
    return {name: part.encode() for name, part in parts.items()}


def relations(*rows: tuple[str, str, str, str]) -> str:
    lines = "".join(
        f'<Relationship Id="{identifier}" Type="{OFFICE}/{kind}" Target="{target}" '
        f'TargetMode="{mode or "Internal"}"/>'
        for identifier, kind, target, mode in rows
    )
    return f'<Relationships xmlns="{PACKAGED}">{lines}</Relationships>'


def packed(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def bomb(suffix: str) -> bytes:
    return packed(parts_of(suffix, "a" * (20 * MEGABYTE)))


def crowd(suffix: str) -> bytes:
    return packed(parts_of(suffix) | {f"customXml/{number}.xml": b"" for number in range(10_000)})


def overlapping(suffix: str) -> bytes:
    """The file, its directory naming one further entry two hundred times."""
    document = packed(parts_of(suffix))
    start = document.index(b"PK\x01\x02")
    packed_kernel = zlib.compress(bytes(MEGABYTE), 9)[2:-4]
    sums = struct.pack("<III", zlib.crc32(bytes(MEGABYTE)), len(packed_kernel), MEGABYTE)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sums
    local += struct.pack("<HH", 5, 0) + b"a.xml" + packed_kernel
    entry = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sums
    entry += struct.pack("<HHHHHII", 5, 0, 0, 0, 0, 0, start) + b"a.xml"
    directory = document[start : document.rindex(b"PK\x05\x06")] + entry * 200
    count = len(parts_of(suffix)) + 200
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), start + len(local), 0)
    return document[:start] + local + directory + b"PK\x05\x06" + end


def liar(suffix: str) -> bytes:
    """The file, every declared size in its directory ten bytes."""
    document = bytearray(packed(parts_of(suffix)))
    position = document.find(b"PK\x01\x02")
    while position >= 0:
        document[position + 24 : position + 28] = struct.pack("<I", 10)
        position = document.find(b"PK\x01\x02", position + 1)
    return bytes(document)


def nested(suffix: str) -> bytes:
    """The file, in place of its text the file itself."""
    parts = parts_of(suffix)
    return packed(parts | {TEXTS[suffix][0]: packed(parts)})


def cut(suffix: str) -> bytes:
    document = packed(parts_of(suffix))
    return document[: document.rindex(b"PK\x01\x02") - 10] + document[-22:]


def emptied(suffix: str) -> bytes:
    return packed(dict.fromkeys(parts_of(suffix), b""))


def multiplying(suffix: str) -> bytes:
    entities = "".join(
        f'<!ENTITY {name} "{f"&{former};" * 10}">'
        for former, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return packed(parts_of(suffix, "&i;", before=f'<!DOCTYPE x [<!ENTITY a "ha">{entities}]>'))


def deep(suffix: str) -> bytes:
    return packed(parts_of(suffix, "<a>" * 100_000))


def locked(_: str) -> bytes:
    stream = "EncryptedPackage".encode("utf-16-le")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream + bytes(512)


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.subprocess.Process]:
    """Every process started during the test."""
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def spy(*arguments: object, **options: object) -> asyncio.subprocess.Process:
        started.append(await start(*arguments, **options))  # type: ignore[arg-type]
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spy)
    return started


@pytest.mark.parametrize("suffix", FORMATS)
async def test_an_office_file_without_malice_is_read(suffix: str) -> None:
    document = await parse(packed(parts_of(suffix)), name="x")

    assert document.text.endswith("words")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (bomb, "too_large"),  # 20 MB from 20 kB
        (crowd, "too_large"),  # 10,000 entries
        (overlapping, "too_large"),  # 200 MB from one entry
        (liar, "damaged"),  # sizes that are not true
        (nested, "damaged"),  # a file inside itself
        (cut, "damaged"),  # a part of the directory is missing
        (emptied, "damaged"),  # parts of no bytes
        (multiplying, "damaged"),  # a thousand million laughs
        (locked, "encrypted"),  # with a password
    ],
)
async def test_a_hostile_office_file_is_a_named_failure(
    suffix: str,
    make: Callable[[str], bytes],
    reason: str,
    children: list[asyncio.subprocess.Process],
) -> None:
    with pytest.raises(UnreadableDocumentError) as refusal:
        await parse(make(suffix), name=f"x.{suffix}")

    assert refusal.value.reason == reason
    assert all(child.returncode is not None for child in children)


@pytest.mark.parametrize(
    ("suffix", "reason"),
    [("docx", "too_large"), ("pptx", "too_large"), ("xlsx", "damaged")],
)
async def test_elements_nested_without_end_are_a_named_failure(suffix: str, reason: str) -> None:
    with pytest.raises(UnreadableDocumentError) as refusal:
        await parse(deep(suffix), name=f"x.{suffix}")

    assert refusal.value.reason == reason


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE x [<!ENTITY leak SYSTEM "{file}">]>',  # an entity
        '<!DOCTYPE x [<!ENTITY % d SYSTEM "{file}"> %d; <!ENTITY leak "x">]>',  # in the DTD
        '<!DOCTYPE x SYSTEM "{file}" [<!ENTITY leak "x">]>',  # another's DTD
    ],
)
async def test_no_file_of_the_machine_is_read(suffix: str, before: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CANARY)
    before = before.format(file=secret.as_uri())

    with pytest.raises(UnreadableDocumentError) as refusal:
        await parse(packed(parts_of(suffix, "&leak;", before=before)), name="x")

    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("suffix", FORMATS)
async def test_what_a_file_links_to_is_not_followed(
    suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    content = {
        "docx": '</w:t></w:r><w:r><w:pict><w:blip r:embed="x1" r:link="x1"/></w:pict></w:r>'
        '<w:altChunk r:id="x2"/><w:r><w:t>end',
        "pptx": '</a:t></a:r><a:blip r:embed="x1" r:link="x1"/><a:r><a:t>end',
        "xlsx": "end",
    }[suffix]
    document = await parse(packed(parts_of(suffix, content)), name="x")

    assert document.text.endswith("end")
    assert CANARY not in document.text
    assert "root:" not in document.text


async def test_an_endless_tag_is_read_once() -> None:
    noise = os.urandom(300_000).hex().encode()
    parts = parts_of("xlsx")
    parts["xl/worksheets/sheet1.xml"] = b"<c " + b'r="A1" ' * 3_000_000 + b"<!--%b-->" % noise

    with pytest.raises(UnreadableDocumentError) as refusal:
        await parse(packed(parts), name="x.xlsx")

    assert refusal.value.reason == "damaged"


async def test_strings_shared_a_million_times_end_within_memory() -> None:
    text = os.urandom(15_000).hex()
    cells = "".join(f'<c r="A{row}" t="s"><v>0</v></c>' for row in range(1, 200_001))
    parts = parts_of("xlsx")
    noise = f"<!--{os.urandom(100_000).hex()}-->"
    parts["xl/worksheets/sheet1.xml"] = (
        f"<worksheet {SHEET}><sheetData><row>{cells}</row></sheetData>{noise}</worksheet>"
    ).encode()
    parts["xl/sharedStrings.xml"] = f"<sst {SHEET}><si><t>{text}</t></si></sst>".encode()
    parts["xl/_rels/workbook.xml.rels"] = relations(
        ("p1", "worksheet", "worksheets/sheet1.xml", ""),
        ("p2", "sharedStrings", "sharedStrings.xml", ""),
    ).encode()

    with pytest.raises(UnreadableDocumentError) as refusal:
        await parse(packed(parts), name="x.xlsx")

    assert refusal.value.reason == "too_large"
