# ruff: noqa: E501 -- the files stand here as they arrive, long lines included.
"""Files as they arrive at a desk: a list of twelve reports, an abstract with three patients, a letter, a CIOMS form.

All of it is made up; the names, numbers and dates belong to nobody.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

from guardrails.adverse.report import AdverseFindings, AdverseMention, AdverseReport, PatientWords, Reporter, Words
from retrieval.medicines import Medicines

TABLE = """\
Case No;Date received;Patient;Date of Birth;Age;Sex;Weight (kg);Country;Reporter;Suspect drug;Daily dose;Start date;Stop date;Reaction;Onset date;Outcome;Serious;Action taken;Concomitant drugs;Free text
DE-2026-0001;05.02.2026;A.B.;12.03.1958;67;F;71,5;Germany;Physician;Metformin;500 mg twice daily;10.01.2026;25.01.2026;diarrhoea, nausea;14.01.2026;recovered;no;withdrawn;ramipril;
DE-2026-0002;05.02.2026;;;54 y;male;;DE;Pharmacist;Lamictal;25 mg daily;2026-01-02;;Hautausschlag;2026-01-15;not recovered;hospitalisation;withdrawn;;
DE-2026-0003;06.02.2026;KM;;8 months;f;8.4;Austria;nurse;amoxicillin;;;;urticaria;31.01.2026;recovering;;;;Given for otitis.
DE-2026-0004;06.02.2026;;;;;;FR;consumer;;;;;;;;;;;My mother took ibuprofen and had a headache for days.
DE-2026-0005;07.02.2026;RS;;abc;M;;DE;physician;warfarin;5 mg daily;;;haemorrhage;30.02.2026;fatal;death;;aspirin, omeprazole;
DE-2026-0006;07.02.2026;TL;;31;F;;DE;physician;naproxen;;;;;;;;;;
DE-2026-0006;07.02.2026;TL;;31;F;;DE;physician;;;;;dyspepsia;01.02.2026;recovered;;;;
DE-2026-0007;08.02.2026;;;45;M;;DE;physician
DE-2026-0008;08.02.2026;;;;F;;DE;physician;;;;;;;;;;;Asked for the address of the company.
DE-2026-0009;08.02.2026;PQ;;70s;M;;United Kingdom;doctor;simvastatin;40 mg at night;;;muscle pain;02/2026;unknown;;dose reduced;;
DE-2026-0010;08.02.2026;ZZ;;62;F;;DE;physician;carbamazepine;200 mg twice daily;;;"hyponatraemia; ""low sodium"", sodium 118";03.02.2026;recovering;life-threatening, hospitalised;withdrawn;;"Called by Mrs Helga Schmidt
on 8 February, phone 030 5550123."
DE-2026-0011;09.02.2026;;;29;F;;DE;physician;=HYPERLINK("http://evil");;;;rash;;recovered;;;;
"""
"""Twelve report numbers on thirteen lines: one report on two lines, one line cut off, one without medicine or reaction."""

ABSTRACT = """\
Hyponatraemia with three medicines: a case series. J Invented Case Rep 2025;7:12. doi:10.9999/jicr.2025.0712

Background. Low sodium is known with several medicines.

Case 1. A 67-year-old woman started carbamazepine on 3 March 2025 and developed confusion on 14 March 2025. \
Carbamazepine 200 mg twice daily was stopped and she recovered.

Case 2. A 54-year-old man took sertraline 50 mg daily. He had a seizure on 2 April 2025. The symptoms have not resolved.

Case 3. A 71-year-old woman received omeprazole for reflux and experienced a fall. She died.
"""

LETTER = """\
Dr Anna Weber, City Clinic

To the safety department

My patient Mrs Helga Schmidt, born 12 March 1958, took metformin 500 mg twice daily since 10 January 2026. \
On 14 January 2026 she developed severe diarrhoea. Metformin was stopped on 25 January 2026 and the diarrhoea resolved. \
After it was restarted, the diarrhoea came back.
"""


def cioms_form() -> bytes:
    """A filled form with the boxes of CIOMS I, drawn as forms are: ruled boxes, small headings, values under them."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.utils import simpleSplit
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    page = Canvas(out, pagesize=A4, invariant=1)
    page.setFont("Helvetica-Bold", 11)
    page.drawString(40, 805, "SUSPECT ADVERSE REACTION REPORT")
    for x, y, width, height, heading, lines in _BOXES:
        page.rect(x, y, width, height)
        page.setFont("Helvetica", 5.5)
        printed = simpleSplit(heading, "Helvetica", 5.5, width - 6)
        for at, line in enumerate(printed):
            page.drawString(x + 3, y + height - 7 - 6 * at, line)
        page.setFont("Helvetica", 9)
        for at, line in enumerate(lines):
            page.drawString(x + 4, y + height - 11 - 6 * len(printed) - 11 * at, line)
    page.save()
    return out.getvalue()


_BOXES: tuple[tuple[int, int, int, int, str, tuple[str, ...]], ...] = (
    (40, 755, 80, 40, "1. PATIENT INITIALS (first, last)", ("R.S.",)),
    (120, 755, 60, 40, "1a. COUNTRY", ("GERMANY",)),
    (180, 755, 90, 40, "2. DATE OF BIRTH Day Month Year", ("17 MAR 1961",)),
    (270, 755, 50, 40, "2a. AGE Years", ("64",)),
    (320, 755, 60, 40, "3. SEX", ("Male",)),
    (380, 755, 175, 40, "4-6. REACTION ONSET Day Month Year", ("02 NOV 2025",)),
    (40, 635, 340, 120, "7 + 13. DESCRIBE REACTION(S) (including relevant tests/lab data)",
     ("A 64-year-old man took allopurinol and had a rash", "on his trunk. He was admitted. He has recovered.")),
    (380, 635, 175, 120, "8-12. CHECK ALL APPROPRIATE TO ADVERSE REACTION",
     ("[ ] PATIENT DIED", "[X] INPATIENT HOSPITALISATION", "[ ] LIFE THREATENING")),
    (40, 590, 250, 45, "14. SUSPECT DRUG(S) (include generic name)", ("1. Allopurinol",)),
    (290, 590, 265, 45, "20. DID REACTION ABATE AFTER STOPPING DRUG?", ("[X] YES  [ ] NO  [ ] NA",)),
    (40, 550, 125, 40, "15. DAILY DOSE(S)", ("300 mg once daily",)),
    (165, 550, 125, 40, "16. ROUTE(S) OF ADMINISTRATION", ("oral",)),
    (290, 550, 265, 40, "21. DID REACTION REAPPEAR AFTER REINTRODUCTION?", ("[ ] YES  [ ] NO  [X] NA",)),
    (40, 510, 250, 40, "17. INDICATION(S) FOR USE", ("gout",)),
    (40, 470, 125, 40, "18. THERAPY DATES (from/to)", ("20 OCT 2025 to 03 NOV 2025",)),
    (165, 470, 125, 40, "19. THERAPY DURATION", ("15 days",)),
    (40, 415, 515, 55, "22. CONCOMITANT DRUG(S) AND DATES OF ADMINISTRATION", ("colchicine, ramipril",)),
    (40, 360, 515, 55, "23. OTHER RELEVANT HISTORY (e.g. diagnostics, allergies)", ("gout; hypertension",)),
    (40, 305, 250, 55, "24a. NAME AND ADDRESS OF MANUFACTURER", ("Invented Pharma, Somewhere",)),
    (290, 305, 130, 55, "24b. MFR CONTROL NO.", ("DE-INV-2025-0099",)),
    (420, 305, 135, 55, "24c. DATE RECEIVED BY MANUFACTURER", ("10 NOV 2025",)),
    (40, 260, 250, 45, "24d. REPORT SOURCE", ("[ ] STUDY  [X] HEALTH PROFESSIONAL",)),
)  # fmt: skip


class SmallScreen:
    """Finds a medicine of the table and a reaction of a few in each paragraph that tells of one; a real small reader."""

    reactions = ("confusion", "seizure", "fall", "diarrhoea", "rash", "headache")

    def __init__(self) -> None:
        self.medicines = Medicines.load()

    def __call__(self, text: str) -> AdverseFindings:
        """One report for each paragraph that names both."""
        return AdverseFindings(tuple(self._reports(text)))

    def _reports(self, text: str) -> Iterable[AdverseReport]:
        start = 0
        for paragraph in text.split("\n\n"):
            medicine = next(iter(self.medicines.find(paragraph)), None)
            told = re.search(
                rf"(?: had | developed | experienced )(?:an? |severe )*({'|'.join(self.reactions)})", paragraph
            )
            if medicine and told:
                mention = AdverseMention(
                    medicine.name, (start + medicine.start, start + medicine.end), told[1],
                    (start + told.start(1), start + told.end(1)), paragraph,
                )  # fmt: skip
                yield AdverseReport((start, start + len(paragraph)), PatientWords(), _NOBODY, (mention,))
            start += len(paragraph) + 2


_NOBODY = Words(Reporter.UNKNOWN.value, (0, 0))
