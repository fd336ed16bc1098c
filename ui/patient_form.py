"""The patient of a conversation: a line that says what is known, a form to say more, and both as values.

Every field is optional and none is guessed. The page holds the facts as JSON; `read` and `load` parse what the browser
sends before it is believed.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from guardrails.errors import PatientInvalid
from guardrails.patient import HEPATIC_CLASSES, SEXES, Patient
from guardrails.patient_facts import PatientFacts
from guardrails.renal import Estimate, clearance, creatinine_from_micromoles, filtration
from ui.markup import icon, text

UNREADABLE = "The patient that the page sent could not be read. Fill the form in again."
MICROMOLES = "umol/L"
LONGEST_LIST = 1000
"""Characters of allergies, medicines or conditions."""

_NUMBERS = (
    # field, label, unit
    ("age", "Age", "years"),
    ("weight", "Weight", "kg"),
    ("height", "Height", "cm"),
    ("creatinine_clearance", "Creatinine clearance", "mL/min"),
    ("egfr", "eGFR", "mL/min/1.73 m²"),
)
_ANSWERS = (("dialysis", "Dialysis"), ("pregnant", "Pregnant"), ("breastfeeding", "Breastfeeding"))
_LISTS = (
    ("allergies", "Allergies", "penicillin, sulfonamides"),
    ("medicines", "Current medicines, with doses where known", "warfarin 5 mg daily; ibuprofen 400 mg tds"),
    ("conditions", "Other facts that dose rules name", "opioid-naive"),
)
_YES_NO = {"yes": True, "no": False}


class _Sent(BaseModel):
    """The form as the browser sends it: every value is a string, empty for unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    age: str = Field(default="", max_length=20)
    weight: str = Field(default="", max_length=20)
    height: str = Field(default="", max_length=20)
    creatinine: str = Field(default="", max_length=20)
    creatinine_unit: str = Field(default="mg/dL", pattern=r"^(mg/dL|umol/L)$")
    creatinine_clearance: str = Field(default="", max_length=20)
    egfr: str = Field(default="", max_length=20)
    sex: str = Field(default="", max_length=20)
    hepatic_class: str = Field(default="", max_length=20)
    dialysis: str = Field(default="", max_length=20)
    pregnant: str = Field(default="", max_length=20)
    breastfeeding: str = Field(default="", max_length=20)
    allergies: str = Field(default="", max_length=LONGEST_LIST)
    medicines: str = Field(default="", max_length=LONGEST_LIST)
    conditions: str = Field(default="", max_length=LONGEST_LIST)


def read(sent: object) -> Patient:
    """The patient of a filled-in form. Raises `PatientInvalid`, whose text says which field is wrong and how."""
    try:
        form = _Sent.model_validate(sent)
    except ValidationError as error:
        raise PatientInvalid(UNREADABLE) from error
    creatinine = _number("Serum creatinine", form.creatinine)
    if creatinine is not None and form.creatinine_unit == MICROMOLES:
        creatinine = creatinine_from_micromoles(creatinine)
    return Patient(
        age=_number("Age", form.age),
        weight=_number("Weight", form.weight),
        height=_number("Height", form.height),
        sex=form.sex or None,
        creatinine=creatinine,
        creatinine_clearance=_number("Creatinine clearance", form.creatinine_clearance),
        egfr=_number("eGFR", form.egfr),
        hepatic_class=form.hepatic_class or None,
        dialysis=_YES_NO.get(form.dialysis),
        pregnant=_YES_NO.get(form.pregnant),
        breastfeeding=_YES_NO.get(form.breastfeeding),
        allergies=_listed(form.allergies),
        medicines=_listed(form.medicines),
        conditions=_listed(form.conditions),
    )


def _number(label: str, typed: str) -> Decimal | None:
    written = typed.strip().replace(",", ".")
    if not written:
        return None
    try:
        return Decimal(written)
    except InvalidOperation as error:
        raise PatientInvalid(f"{label}: “{typed.strip()[:20]}” is not a number.") from error


def _listed(typed: str) -> tuple[str, ...]:
    """Items that a semicolon, a comma before a space, or a new line parts: "1,5 mg" is one number."""
    parts = typed.replace("\n", ";").replace(", ", ";").split(";")
    return tuple(part.strip() for part in parts if part.strip())


def dump(patient: Patient) -> str:
    """The facts as JSON, for the page to hold; empty for a patient of whom nothing is known."""
    if patient.is_empty:
        return ""
    return PatientFacts.model_validate(patient, from_attributes=True).model_dump_json(exclude_defaults=True)


def load(facts: str) -> Patient:
    """The patient of the JSON that the page holds. Raises `PatientInvalid`."""
    if not facts:
        return Patient()
    try:
        return PatientFacts.model_validate_json(facts).patient()
    except ValidationError as error:
        raise PatientInvalid(UNREADABLE) from error


def bar(patient: Patient, problem: str = "") -> str:
    """The line above the question box, and the form behind it; with a problem the form is open and says it."""
    known = not patient.is_empty
    clear = '<button type="button" class="quiet" data-action="patient-clear">Clear</button>' if known else ""
    hidden = "" if problem else " hidden"
    return (
        f'<section class="patient{" is-known" if known else ""}" aria-label="Patient"><div class="patient-line">'
        f'{icon("person")}<span class="patient-summary">{text(summary(patient))}</span>'
        f'<button type="button" class="quiet" data-action="patient" aria-expanded="{str(bool(problem)).lower()}">'
        f"{'Change' if known else 'Describe'}</button>{clear}</div>{_form(patient, problem, hidden)}</section>"
    )


def summary(patient: Patient) -> str:
    """What is known, in one line, kidney function worked out where that is possible."""
    if patient.is_empty:
        return "No patient described: doses are compared with general limits only."
    known = [
        f"{patient.age.normalize():f} years" if patient.age is not None else "",
        patient.sex or "",
        f"{patient.weight.normalize():f} kg" if patient.weight is not None else "",
        f"{patient.height.normalize():f} cm" if patient.height is not None else "",
        _estimated("CrCl", clearance(patient)) or _estimated("eGFR", filtration(patient)),
        "on dialysis" if patient.dialysis else "",
        f"Child-Pugh {patient.hepatic_class}" if patient.hepatic_class else "",
        "pregnant" if patient.pregnant else "",
        "breastfeeding" if patient.breastfeeding else "",
        f"allergies: {', '.join(patient.allergies)}" if patient.allergies else "",
        f"takes {', '.join(patient.medicines)}" if patient.medicines else "",
        ", ".join(patient.conditions),
    ]
    return "Patient: " + " · ".join(filter(None, known))


def _estimated(name: str, estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{name} {estimate.value.quantize(Decimal(1)):f} {estimate.unit} ({estimate.source.partition(',')[0]})"


def _form(patient: Patient, problem: str, hidden: str) -> str:
    numbers = "".join(_numeric(name, label, unit, getattr(patient, name)) for name, label, unit in _NUMBERS)
    yes_no = "".join(_choice(name, label, tuple(_YES_NO), _said(getattr(patient, name))) for name, label in _ANSWERS)
    lists = "".join(_free(name, label, hint, getattr(patient, name)) for name, label, hint in _LISTS)
    return (
        f'<form class="card patient-form"{hidden}><p class="form-note">All optional, kept for this conversation. '
        "Write no name, date of birth or number of a person.</p>"
        f'<div class="patient-grid">{numbers}{_creatinine(patient)}{_choice("sex", "Sex", SEXES, patient.sex or "")}'
        f"{_choice('hepatic_class', 'Child-Pugh class', HEPATIC_CLASSES, patient.hepatic_class or '')}{yes_no}</div>"
        f'{lists}<p class="form-error" role="alert">{text(problem)}</p>'
        '<div class="form-row"><button type="submit" class="primary">Use for this conversation</button>'
        '<button type="button" class="quiet" data-action="patient">Cancel</button></div></form>'
    )


def _said(answer: bool | None) -> str:
    return "" if answer is None else "yes" if answer else "no"


def _numeric(name: str, label: str, unit: str, value: Decimal | None) -> str:
    shown = "" if value is None else f"{value.normalize():f}"
    return (
        f'<label class="small-field"><span>{label} <small>{unit}</small></span>'
        f'<input type="text" inputmode="decimal" data-field="{name}" value="{shown}" maxlength="20"></label>'
    )


def _creatinine(patient: Patient) -> str:
    known = patient.creatinine
    # One converted from µmol/L has digits without end.
    shown = "" if known is None else f"{known.quantize(Decimal('0.01')).normalize():f}"
    return (
        '<div class="small-field is-pair"><label><span>Serum creatinine</span>'
        f'<input type="text" inputmode="decimal" data-field="creatinine" value="{shown}" maxlength="20"></label>'
        '<label><span>Unit</span><select data-field="creatinine_unit"><option>mg/dL</option>'
        f'<option value="{MICROMOLES}">µmol/L</option></select></label></div>'
    )


def _choice(name: str, label: str, values: tuple[str, ...], chosen: str) -> str:
    options = "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{value}</option>' for value in values
    )
    return (
        f'<label class="small-field"><span>{label}</span><select data-field="{name}">'
        f'<option value="">not known</option>{options}</select></label>'
    )


def _free(name: str, label: str, hint: str, values: tuple[str, ...]) -> str:
    return (
        f'<label class="field"><span>{label}</span><textarea data-field="{name}" rows="1" maxlength="{LONGEST_LIST}" '
        f'placeholder="{hint}">{text("; ".join(values))}</textarea></label>'
    )
