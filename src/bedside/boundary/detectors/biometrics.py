"""Biometric identifiers and images of faces: classes (P) and (Q) of 45 CFR 164.514(b)(2)(i).

In text they are templates' numbers, hashes and names of files.
"""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.grammar import NUMBER, words
from bedside.boundary.detectors.rules import Cues, Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["biometrics"]

BIOMETRIC_CUES = Cues.of(
    "fingerprint, fingerprints, finger print, finger prints, thumbprint, thumb print, palmprint, palm print, palm vein",
    "footprint, footprints, retina, retinal, iris, voiceprint, voice print, voice id, voice sample, faceprint, face print",
    "face id, face template, face embedding, face recognition, face vector, face scan, facial, biometric, biometrics",
    "hand geometry, vein pattern, gait signature, ear shape, keystroke, dna, dna profile, dna sample, genotype",
    "genetic profile, str profile, speaker",
)
PICTURED = Cues.of(
    "photo, photos, photograph, photographs, photo id, picture, pic, image, portrait, selfie, headshot, mugshot, snapshot",
    "video, face shot, full face, passport photo, avatar, thumbnail, clip, camera, footage, scan",
)
FILE_ENDING = (
    r"(?:jpe?g|png|gif|bmp|tiff?|webp|heic|heif|raw|cr2|nef|svg|dcm|dicom|nii|mp4|mov|avi|mkv|wmv|mp3|wav|m4a|ogg|pdf|docx?|rtf|"
    r"xlsx?|csv|txt|xml|json|hl7|zip|tpl|fpt|iso|ansi|wsq|bin|dat|eml|msg|pptx?)"
)
_ENDINGS = tuple(
    f".{one}"
    for ending in [
        "jp",
        "pn",
        "gif",
        "bmp",
        "tif",
        "webp",
        "hei",
        "raw",
        "cr2",
        "nef",
        "svg",
        "dcm",
        "dicom",
        "nii",
        "mp",
        "mov",
        "avi",
        "mkv",
        "wmv",
        "wav",
        "m4a",
        "ogg",
        "pdf",
        "doc",
        "rtf",
        "xls",
        "csv",
        "txt",
        "xml",
        "json",
        "hl7",
        "zip",
        "tpl",
        "fpt",
        "iso",
        "ansi",
        "wsq",
        "bin",
        "dat",
        "eml",
        "msg",
        "ppt",
    ]
    for one in (ending, ending.upper())
)
# Up to five words of description between what was measured and its number.
WORDS = r"(?:[ \t,:;#=(\-–]+(?:[a-z]{2,14}\.?|ID|No\.?|SHA-?\d*|MD5)){0,5}?[ \t:=#(,\-–\"']+"


def biometrics(vocabulary: Vocabulary) -> RuleRecognizer:
    """Return the rules for biometric numbers, hashes, and numbers of images."""
    number = Identifier.OTHER_NUMBER
    return RuleRecognizer(
        "biometrics",
        [
            Rule(
                "biometric behind a cue",
                number,
                rf"{BIOMETRIC_CUES.expression}(?i:{WORDS})(?P<id>(?=[\w\-./]{{4,}})(?=[\w\-./]*\d[\w\-./]*\d){NUMBER})(?!\w)(?![ \t]*(?i:%|mm|cm|weeks?|days?|years?|db|hz|mg|ml|degrees|copies|iu))",
                first=BIOMETRIC_CUES.first,
            ),
            Rule("hash", number, r"(?<!\w)(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{16,128}(?!\w)"),
            Rule(
                "hash behind its name",
                number,
                r"(?i:\b(?:sha-?\d+|md5|hash|checksum|digest|fingerprint|base64)[ \t:=]+)(?P<id>(?=[\w+/\-]*\d)[\w+/\-]{8,}={0,2})",
                first=words("sha md hash checksum digest fingerprint base"),
            ),
            Rule(
                "image behind a cue",
                number,
                rf"{PICTURED.expression}(?i:{WORDS})(?P<id>(?=[\w\-./]{{4,}})(?=[\w\-./]*\d[\w\-./]*\d)(?!(?:19|20)\d\d\b)(?:[A-Za-z]{{2,10}}[_\-]?)?{NUMBER})(?!\w)(?![ \t]*(?i:%|mm|cm|weeks?|days?|years?|views?|slices?|mg|ml|degrees|dpi|px|pixels|hours?|min))",
                first=PICTURED.first,
            ),
            Rule(
                "file",
                number,
                rf"(?i)(?<![\w.\-])[\w\-\\/:~%+]{{1,160}}+(?:\.[\w\-\\/:~%+]{{1,80}}+){{0,6}}?\.{FILE_ENDING}(?![\w])",
                needs=_ENDINGS,
            ),
            Rule(
                "file with blanks behind a cue",
                number,
                rf"(?i:\b(?:photo(?:graph)?|picture|pic|image|portrait|selfie|video|scan|file|attachment|attached|saved as|upload(?:ed)?)\b[ \t]*[:=(\"'“]+[ \t]*[\"'“]?)(?P<id>[^\n\"'”:;|]{{1,80}}\.(?i:{FILE_ENDING}))(?!\w)",
                needs=_ENDINGS,
            ),
            Rule(
                "embedded image", number, r"(?i)\bdata:(?:image|audio|video|application)/[\w.+\-]+;base64,[\w+/=]+"
            ),
        ],
        vocabulary,
    )
