"""What of a DICOM header the vault has to learn. All synthetic."""

from __future__ import annotations

import logging
import subprocess
import sys
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from pydicom.datadict import dictionary_keyword
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from bedside.boundary import (
    Boundary,
    Coded,
    Draft,
    Heading,
    Identifier,
    SealedText,
    Vocabulary,
)
from bedside.boundary.guard import Guard
from bedside.errors import InputError
from bedside.persistence import ImageFile, MemoryCaseStore
from bedside.tools.imaging import ImageDocument, header_identifiers, header_texts, header_words
from bedside.tools.imaging.identifiers import table
from tests.imaging.synthetic import dicom, header, sample, written


def found(data: bytes) -> set[tuple[Identifier, str]]:
    return {(one.kind, one.value) for one in header_identifiers(ImageDocument("d1", data))}


def item(**values: Any) -> Dataset:
    data = Dataset()
    for name, value in values.items():
        setattr(data, name, value)
    return data


@pytest.mark.parametrize(
    ("values", "kind", "value"),
    [
        ({"PatientName": "Quill^Zebulon^Arthur^Dr^Jr"}, Identifier.PERSON, "Dr Zebulon Arthur Quill Jr"),
        ({"PatientName": "Quill"}, Identifier.PERSON, "Quill"),
        (
            {"PatientName": "Yamada^Tarou=山田^太郎", "SpecificCharacterSet": "ISO_IR 192"},
            Identifier.PERSON,
            "太郎 山田",
        ),
        ({"OtherPatientNames": ["A^Bea", "Pine^Cy"]}, Identifier.PERSON, "Cy Pine"),
        ({"PatientID": "MRN48213"}, Identifier.RECORD_NUMBER, "MRN48213"),
        ({"AccessionNumber": "A-77120"}, Identifier.RECORD_NUMBER, "A-77120"),
        ({"StudyID": "20931"}, Identifier.RECORD_NUMBER, "20931"),
        ({"PatientBirthDate": "19500302"}, Identifier.DATE, "1950-03-02"),
        ({"StudyDate": "20240105"}, Identifier.DATE, "2024-01-05"),
        ({"AcquisitionDateTime": "20240105070130.5+0100"}, Identifier.DATE, "2024-01-05"),
        ({"PatientAddress": "12 Elm Street, Thornbury"}, Identifier.PLACE, "12 Elm Street, Thornbury"),
        ({"PatientTelephoneNumbers": "555-0134"}, Identifier.PHONE, "555-0134"),
        ({"InstitutionName": "Thornbury General"}, Identifier.FACILITY, "Thornbury General"),
        ({"InstitutionAddress": "1 Hill Road"}, Identifier.PLACE, "1 Hill Road"),
        ({"ReferringPhysicianName": "Marsh^Ida"}, Identifier.PERSON, "Ida Marsh"),
        ({"OperatorsName": "Low^Bo"}, Identifier.PERSON, "Bo Low"),
        ({"DeviceSerialNumber": "SN-99120"}, Identifier.OTHER_NUMBER, "SN-99120"),
        ({"StudyInstanceUID": "1.2.826.0.1.99"}, Identifier.OTHER_NUMBER, "1.2.826.0.1.99"),
        (
            {"OtherPatientIDsSequence": [item(PatientID="NHS-4410", IssuerOfPatientID="NHS Trust")]},
            Identifier.RECORD_NUMBER,
            "NHS-4410",
        ),
        (
            {"RequestAttributesSequence": [item(RequestingPhysician="Oak^Al")]},
            Identifier.PERSON,
            "Al Oak",
        ),
        (
            {
                "ReferringPhysicianIdentificationSequence": [
                    item(PersonIdentificationCodeSequence=[item(CodeValue="1", CodeMeaning="Ida Marsh MD")])
                ]
            },
            Identifier.PERSON,
            "Ida Marsh MD",
        ),
    ],
)
def test_what_identifies_is_found_with_its_kind(values: dict[str, Any], kind: Identifier, value: str) -> None:
    assert (kind, value) in found(dicom(**values))


def test_private_tags_are_unknown_words_nested_ones_too() -> None:
    data = header(Rows=1, Columns=1)
    data.private_block(0x0009, "ACME 1", create=True).add_new(1, "LO", "Zebulon's scan")
    data.private_block(0x0009, "ACME 1").add_new(2, "UN", b"ward seven\0")
    data.private_block(0x0009, "ACME 1").add_new(3, "OB", bytes(range(256)))
    data.private_block(0x0009, "ACME 1").add_new(4, "FD", 2.5)
    data.private_block(0x0009, "ACME 1").add_new(5, "CS", "HEAD FIRST")
    data.private_block(0x7FE1, "ACME 3", create=True).add_new(1, "LO", "behind the pixels")
    data.PixelData = b"\0\0"
    inner = Dataset()
    inner.private_block(0x0011, "ACME 2", create=True).add_new(1, "SH", "bed 12")
    data.RequestAttributesSequence = [inner]
    unknown = {value for kind, value in found(written(data)) if kind is Identifier.UNKNOWN_WORD}
    assert unknown == {"Zebulon's scan", "ward seven", "bed 12", "behind the pixels"}


def test_of_a_header_that_is_cut_short_what_is_left_is_found() -> None:
    data = dicom()
    assert (Identifier.PERSON, "Zebu") in found(data[: data.index(b"Zebulon") + 4])


def test_of_a_damaged_header_the_words_are_unknown_words() -> None:
    assert found(b"\0" * 128 + b"DICM" + b"Zebulon Quill" * 9)


def test_free_words_are_for_a_detector_and_not_to_be_learned() -> None:
    data = dicom(
        StudyDescription="CT chest for Mrs Quill",
        ImageComments="seen by Dr Marsh",
        ContentSequence=[item(TextValue="Zebulon fell", ConceptNameCodeSequence=[item(CodeMeaning="History")])],
    )
    assert set(header_texts(ImageDocument("d1", data))) == {
        "CT chest for Mrs Quill",
        "seen by Dr Marsh",
        "Zebulon fell",
        "History",
    }
    assert not [value for _, value in found(data) if "chest" in value]


@pytest.mark.parametrize(
    "values",
    [
        {"PatientSex": "F"},
        {"PatientAge": "061Y"},
        {"StudyID": "1"},  # it would forbid every 1
        {"Manufacturer": "ACME"},
        {"StudyTime": "070130"},
        {"PatientName": ""},
        {"PatientName": "----"},
        {"PatientName": "X"},
        {"PatientBirthDate": ""},
    ],
)
def test_what_does_not_identify_is_left_out(values: dict[str, Any]) -> None:
    plain = header(**({"PatientName": None, "PatientID": None, "InstitutionName": None} | values))
    kinds = {kind for kind, _ in found(written(plain))}
    assert kinds <= {Identifier.OTHER_NUMBER}, "UIDs alone"


def test_the_guard_finds_what_the_header_told() -> None:
    data = dicom(PatientBirthDate="19500302", AccessionNumber="A-77120")
    known = {one.value: one.kind for one in header_identifiers(ImageDocument("d1", data))}
    guard = Guard(known, Vocabulary.installed())
    for text in ("Mr Quill coughs", "born 3/2/1950", "see MRN48213", "at Thornbury General", "accession a77120"):
        assert guard.finds(text, narrative=True), text
    assert not guard.finds("CT chest with contrast shows right lower lobe pneumonia, 3 mm nodule", narrative=True)


def test_a_report_without_pixels_has_identifiers_too() -> None:
    kinds = {kind for kind, _ in found(sample("test-SR.dcm"))}
    assert {Identifier.PERSON, Identifier.DATE} <= kinds


@pytest.mark.parametrize(
    "name",
    ["CT_small.dcm", "MR_small.dcm", "nested_priv_SQ.dcm", "priv_SQ.dcm", "badVR.dcm", "rtplan.dcm",
     "waveform_ecg.dcm", "chrH31.dcm", "chrArab.dcm", "chrKoreanMulti.dcm", "reportsi.dcm", "examples_palette.dcm"],
)  # fmt: skip
def test_real_headers_are_walked_without_a_word_to_the_log(
    name: str, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    caplog.set_level(logging.DEBUG)
    document = ImageDocument("d1", sample(name))
    assert header_identifiers(document)
    header_texts(document)
    assert not caplog.records
    assert not recwarn.list


def test_an_identifier_does_not_show_itself() -> None:
    shown = repr(header_identifiers(ImageDocument("d1", dicom())))
    assert "Zebulon" not in shown
    assert "PatientName" in shown


def test_the_table_names_attributes_that_exist() -> None:
    kinds = {*Identifier, "TEXT"}
    assert len(table()) > 400
    for tag, (keyword, kind) in table().items():
        assert dictionary_keyword(tag) == keyword
        assert kind in kinds


@pytest.mark.parametrize("data", [b"", b"Zebulon Quill"])
def test_what_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(InputError) as raised:
        header_identifiers(ImageDocument("d1", data))
    assert "Zebulon" not in str(raised.value)


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"%PDF-1.7"])
def test_other_kinds_have_no_header(data: bytes) -> None:
    assert header_identifiers(ImageDocument("d1", data)) == ()
    assert header_texts(ImageDocument("d1", data)) == ()


def test_importing_the_room_imports_no_reader_of_pictures() -> None:
    heavy = {"PIL", "pydicom", "pypdfium2", "torch"}
    code = f"import sys, bedside.tools.imaging; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- wherever a name stands


def element(tag: int, kind: bytes, value: bytes) -> bytes:
    """An element in Explicit VR Little Endian, as nobody's software would write it."""
    value += (b" " if kind in (b"PN", b"IS") else b"\0") * (len(value) % 2)
    head = tag.to_bytes(4, "big")
    head = head[1::-1] + head[:1:-1] + kind
    if kind in (b"OB", b"OW", b"UN", b"UT", b"UC", b"UR"):
        return head + b"\0\0" + len(value).to_bytes(4, "little") + value
    return head + len(value).to_bytes(2, "little") + value


def planted(where: str) -> bytes:
    """A file with a name at a place where no list of identifiers has it."""
    secret = b"Quackenbush"
    plain = dicom(PatientName="Doe^Jan")
    pixels = plain.rindex(b"\xe0\x7f\x10\x00")
    name = element(0x00100010, b"PN", b"Doe^Jan")
    wide = b"\1\2" + "Quackenbush".encode("utf-16-le")
    private = element(0x00091001, b"OB", bytes(range(128, 256)) + secret + b" Ada" + bytes(range(200)))
    ways: dict[str, Callable[[], bytes]] = {
        "preamble": lambda: secret.ljust(128, b"\0") + plain[128:],
        "behind the last element": lambda: plain + b"\0\0" + secret,
        "trailing padding": lambda: plain + element(0xFFFCFFFC, b"OB", secret),
        "a bare UT": lambda: plain[:pixels] + element(0x00420020, b"UT", secret) + plain[pixels:],
        "a private OB": lambda: plain[:pixels] + private + plain[pixels:],
        "a private OB of 16-bit characters": lambda: (
            plain[:pixels] + element(0x00091001, b"OB", wide) + plain[pixels:]
        ),
        "a name as a number": lambda: plain.replace(name, element(0x00100010, b"FD", b"Quackenbush^Ada ")),
        "a name as bytes": lambda: plain.replace(name, element(0x00100010, b"OB", b"Quackenbush^Ada ")),
        "a name as an integer string": lambda: plain.replace(name, element(0x00100010, b"IS", b"Quackenbush ")),
        "a name that stands twice": lambda: plain.replace(name, element(0x00100010, b"PN", secret) + name),
        "a name with zero bytes": lambda: plain.replace(name, element(0x00100010, b"PN", b"Quackenbush\0^Ada\0 x")),
        "two names in one": lambda: plain.replace(name, element(0x00100010, b"PN", b"Doe^Jan\\Quackenbush^Ada")),
    }
    return ways[where]()


PLACES = [
    "preamble",
    "behind the last element",
    "trailing padding",
    "a bare UT",
    "a private OB",
    "a private OB of 16-bit characters",
    "a name as a number",
    "a name as bytes",
    "a name as an integer string",
    "a name that stands twice",
    "a name with zero bytes",
    "two names in one",
]


@pytest.mark.parametrize("where", PLACES)
def test_guarantee_a_name_is_learned_wherever_it_stands(where: str) -> None:
    vocabulary = Vocabulary([], words=["the", "patient", "has", "pain"])
    known = header_words("xray", planted(where)).identifiers
    assert Guard(known, vocabulary).finds("the patient quackenbush has pain", narrative=True)
    others = header_words("xray", dicom(PatientName="Doe^Jan")).identifiers
    assert not Guard(others, vocabulary).finds("the patient quackenbush has pain", narrative=True)


def test_a_table_of_more_words_than_anybody_can_tell_a_name_among_is_no_header(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bedside.tools.imaging.raw_words.MOST_WORDS", 30)
    words = " ".join(f"w{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10]}xyz" for n in range(60)).encode()
    data = header(Rows=1, Columns=1)
    data.private_block(0x0009, "ACME 1", create=True).add_new(1, "OB", words)
    with pytest.raises(InputError, match="among which no name can be told"):
        header_words("xray", written(data))


class Blind:
    """Finds nothing: what holds a name back then is what the header taught."""

    name = "blind"

    def detect(self, text: str) -> list[Any]:
        return []


def test_words_of_the_format_itself_forbid_nothing() -> None:
    """What every file holds must not hide a harmless question."""
    cases = MemoryCaseStore()
    boundary = Boundary(cases, [Blind()], Vocabulary.installed(), headers=[header_words])
    case = cases.open([ImageFile("xray", dicom(StudyDescription="CT CHEST", BodyPartExamined="CHEST"))])
    draft = Draft(template="t", slots=(Coded(heading=Heading.PRESENT, display="chest pain"),))
    assert isinstance(boundary.release(draft, case, "consult:x"), SealedText)


@pytest.mark.parametrize("limit", [8, pytest.param(512, marks=pytest.mark.slow)])
def test_guarantee_a_deflated_file_unpacks_to_so_much_and_no_more(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if limit < 512:  # MiB; a sixtieth of the real bound takes a sixtieth of the time
        monkeypatch.setattr("bedside.tools.imaging.dicom_file.MAX_UNPACKED", limit * 1024**2)
    bomb = zlib.compress(b"\0" * (limit * 6 // 5 * 1024**2), 9)[2:-4]
    data = header(Rows=1, Columns=1)
    data.PixelData = b"\0\0"
    small = written(data, DeflatedExplicitVRLittleEndian)
    assert (Identifier.PERSON, "Zebulon Quill") in found(small) or found(small)
    start = 144 + int.from_bytes(small[140:144], "little")
    with pytest.raises(InputError, match=f"unpacks to more than {limit} MiB"):
        header_identifiers(ImageDocument("d1", small[:start] + bomb))
