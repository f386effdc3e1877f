"""Twelve short dialogues, synthetic, written before the reader of dialogues was: what each states and denies."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["DIALOGUES", "Dialogue"]


@dataclass(frozen=True)
class Dialogue:
    """A dialogue with what a listening clinician would write down, as concept keys or displays.

    Attributes:
        present: Stated of the patient, or possible.
        absent: Denied.
        silent: Must not be stated of the patient.
        values: Concept key and number of each measurement.
        urgency: By the rules, at the end.
    """

    id: str
    text: str
    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    values: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    urgency: int | None = None


def _of(name: str, text: str, **said: object) -> Dialogue:
    sets = {key: frozenset(value) if isinstance(value, set) else value for key, value in said.items()}
    return Dialogue(name, text.strip() + "\n", **sets)  # type: ignore[arg-type]


DIALOGUES = (
    _of(
        "tokenised chest pain",
        """
[doctor] good morning , what brings you in today ?
[patient] well , um , i've been having chest pain since yesterday .
[doctor] okay . any shortness of breath ?
[patient] no , i have n't noticed any .
[doctor] and are you sweating with it ?
[patient] yeah , a little bit .
[doctor] all right . any nausea or vomiting ?
[patient] not really .
""",
        present={"chest-pain", "diaphoresis"},
        absent={"dyspnea", "nausea", "vomiting"},
        urgency=2,
    ),
    _of(
        "question alone states nothing",
        """
Doctor: Do you have chest pain or palpitations?
Patient: I came for my travel vaccination.
Doctor: Have you fainted?
Patient: What do you mean?
""",
        silent={"chest-pain", "palpitations", "syncope"},
    ),
    _of(
        "doctor tells findings",
        """
D: Your blood pressure is 128 over 72 and your temperature is 37.2.
P: Okay.
D: On exam you have a heart murmur and some swelling in your ankles.
P: Mm-hmm.
D: No wheezing.
""",
        present={"heart-murmur"},
        absent={"wheezing"},
        values={("systolic-blood-pressure", "128"), ("diastolic-blood-pressure", "72"), ("temperature", "37.2")},
    ),
    _of(
        "somebody else",
        """
Doctor: Any cough or fever?
Patient: No, but my son has a fever and my husband has a bad cough.
Doctor: Does anyone in the family have diabetes?
Patient: Yes, my mother had diabetes.
""",
        absent={"cough", "fever"},
        silent={"diabetes-mellitus"},
    ),
    _of(
        "only one of several",
        """
[doctor] do you have any headache , neck stiffness or vomiting ?
[patient] just the headache .
[doctor] does the light bother you ?
[patient] no .
""",
        present={"headache"},
        silent={"neck-stiffness", "vomiting"},
    ),
    _of(
        "yes to several stays open",
        """
Doctor: Have you had fever or chills?
Patient: Yes.
Doctor: And a cough?
Patient: Oh yes, for three days now.
""",
        present={"fever", "chills", "cough"},
    ),
    _of(
        "not sure",
        """
Doctor: Have you passed any black stools?
Patient: I'm not sure, maybe.
Doctor: Do you have belly pain?
Patient: Definitely.
""",
        present={"melena", "abdominal-pain"},
    ),
    _of(
        "conditions and plans",
        """
[doctor] so it looks like bronchitis . if you get chest pain or start coughing up blood , call us .
[patient] okay .
[doctor] this medicine can cause nausea and dizziness .
[patient] sure .
[doctor] do you take any medications ?
[patient] yes , i take lisinopril 10 milligrams a day .
""",
        present={"lisinopril", "bronchitis"},
        silent={"chest-pain", "hemoptysis", "nausea", "dizziness"},
    ),
    _of(
        "stated and later denied",
        """
Patient: I have had crushing chest pain and I am sweating.
Doctor: I see. Do you have chest pain?
Patient: No, no chest pain.
""",
        present={"chest-pain", "diaphoresis"},
        absent={"chest-pain"},
        urgency=2,
    ),
    _of(
        "bare values",
        """
Doctor: How old are you?
Patient: 67.
Doctor: What was your temperature at home?
Patient: 39.4 this morning.
Doctor: And your blood pressure?
Patient: 88 over 50.
""",
        values={("temperature", "39.4"), ("systolic-blood-pressure", "88"), ("diastolic-blood-pressure", "50")},
        urgency=2,
    ),
    _of(
        "agreeing to a denial",
        """
Doctor: So no fever?
Patient: Right.
Doctor: No trouble swallowing?
Patient: Actually yes, I do have trouble swallowing.
""",
        present={"difficulty-swallowing"},
        absent={"fever"},
    ),
    _of(
        "words about dying",
        """
[doctor] how have you been sleeping ?
[patient] badly . i , i just want to kill myself , uh , most nights .
[doctor] thank you for telling me .
""",
        present={"suicidal-ideation"},
        urgency=2,
    ),
)
