"""Ward abbreviations in the words that labels use, and the classes under which labels speak of medicines.

Both tables are meant to be read and extended by a pharmacist. An abbreviation is added to the question, never put in
place of a word; one with two common meanings (PR, CF) is left out, and so are abbreviated names of medicines.
"""

from __future__ import annotations

import re

ABBREVIATIONS = {
    "aaa": "aortic aneurysm",
    "acs": "acute coronary syndrome",
    "af": "atrial fibrillation",
    "aki": "acute kidney injury renal impairment",
    "bd": "twice daily",
    "bid": "twice daily",
    "bp": "blood pressure",
    "cabg": "coronary artery bypass graft heart surgery",
    "cap": "community-acquired pneumonia",
    "cbc": "complete blood count",
    "ccf": "congestive heart failure",
    "chf": "congestive heart failure",
    "ckd": "chronic kidney disease renal impairment",
    "crcl": "creatinine clearance renal impairment",
    "cva": "stroke",
    "dka": "diabetic ketoacidosis",
    "dvt": "deep vein thrombosis",
    "ecg": "electrocardiogram",
    "ekg": "electrocardiogram",
    "fbc": "complete blood count",
    "gfr": "glomerular filtration rate renal impairment",
    "egfr": "glomerular filtration rate renal impairment",
    "hr": "heart rate",
    "htn": "hypertension",
    "im": "intramuscular",
    "iv": "intravenous",
    "lfts": "liver tests transaminases",
    "lft": "liver tests transaminases",
    "lp": "spinal puncture lumbar puncture",
    "mi": "myocardial infarction",
    "mmr": "live attenuated vaccine",
    "od": "overdose",
    "pah": "pulmonary arterial hypertension",
    "pe": "pulmonary embolism",
    "pml": "progressive multifocal leukoencephalopathy",
    "premed": "premedication",
    "premeds": "premedication",
    "qds": "four times daily",
    "sc": "subcutaneous",
    "tb": "tuberculosis",
    "tds": "three times daily",
    "tia": "transient ischemic attack",
    "tid": "three times daily",
    "tte": "echocardiogram",
    "uti": "urinary tract infection",
    "vte": "venous thromboembolism",
    "vzv": "varicella zoster virus",
    "wbc": "white blood cell count",
}

_STEROIDS = (
    r"prednis\w+|methylprednisolone|dexamethasone|hydrocortisone|betamethasone|budesonide|fludrocortisone|cortisone"
)
_NSAIDS = (
    r"\w+profen|naproxen|diclofenac|ketorolac|indomethacin|meloxicam|piroxicam|celecoxib|etoricoxib|etodolac|nabumetone"
)
_OPIOIDS = r"morphine|\w+codone|codeine|dihydrocodeine|fentanyl|tramadol|tapentadol|methadone|meperidine|hydromorphone"
_SSRIS = r"sertraline|citalopram|escitalopram|fluoxetine|paroxetine|fluvoxamine"
# The name of an ingredient, and the words under which labels speak of its class (WHO stem book 2018; ATC groups).
CLASSES: tuple[tuple[str, str], ...] = (
    (_STEROIDS, r"(?:cortico)?steroid"),
    (_NSAIDS, r"nsaid|non-?steroidal"),
    (r"aspirin", r"nsaid|salicylate|antiplatelet"),
    (_OPIOIDS, r"opioid|opiate|narcotic|cns depressant"),
    (_SSRIS, r"ssri|serotonin|antidepressant"),
    (r"venlafaxine|duloxetine|desvenlafaxine", r"snri|serotonin|antidepressant"),
    (r"\w+triptyline|imipramine|clomipramine|doxepin|desipramine", r"tricyclic|antidepressant"),
    (r"phenelzine|tranylcypromine|isocarboxazid|selegiline|rasagiline|linezolid|moclobemide", r"mao|monoamine oxidase"),
    (r"\w+olol|carvedilol|labetalol", r"beta.?(?:adrenergic )?.?blocker|beta.?adrenergic"),
    (r"\w+dipine|verapamil|diltiazem", r"calcium channel"),
    (r"\w+pril", r"ace inhibitor|angiotensin.converting"),
    (r"\w+sartan", r"angiotensin (?:ii )?receptor|\barbs?\b"),
    (r"\w+statin", r"statin|hmg-coa"),
    (r"\w+semide|bumetanide|\w+thiazide|chlorthalidone|indapamide|spironolactone|amiloride|triamterene", r"diuretic"),
    (r"\w+zepam|\w+zolam|chlordiazepoxide|diazepam", r"benzodiazepine|cns depressant"),
    (r"warfarin|\w+xaban|dabigatran|heparin|enoxaparin|dalteparin|acenocoumarol", r"anticoagulant|blood thinn"),
    (r"clopidogrel|prasugrel|ticagrelor|dipyridamole", r"antiplatelet|platelet inhibitor"),
    (r"gentamicin|amikacin|tobramycin|streptomycin", r"aminoglycoside"),
    (r"\w+floxacin", r"fluoroquinolone|quinolone"),
    (r"erythromycin|clarithromycin|azithromycin", r"macrolide|antibiotic"),
    (r"\w+cillin|cef\w+|cephalexin|\w+cycline|metronidazole|trimethoprim", r"antibiotic|antibacterial"),
    (r"fluconazole|itraconazole|ketoconazole|voriconazole|posaconazole", r"azole|antifungal"),
    (r"nitroglycerin|isosorbide \w+|amyl nitrite", r"nitrate|nitric oxide donor"),
    (r"alfuzosin|doxazosin|prazosin|tamsulosin|terazosin", r"alpha.?blocker"),
    (r"\w+prazole", r"proton pump"),
    (r"insulin.*|gl[iy]\w+ide|glipizide|\w+gliptin|\w+gliflozin", r"insulin|sulfonylurea|antidiabetic|secretagogue"),
    (r"phenytoin|carbamazepine|phenobarbital|valproic acid|topiramate", r"anticonvulsant|antiepileptic"),
    (r"haloperidol|\w+apine|risperidone|chlorpromazine|aripiprazole", r"antipsychotic"),
    (r"amiodarone|quinidine|procainamide|sotalol|flecainide|disopyramide", r"antiarrhythmic|class (?:ia|iii)"),
    (r"ciclosporin|cyclosporine|azathioprine|methotrexate|mycophenolate|tacrolimus", r"immunosuppress|antineoplastic"),
    (r"diphenhydramine|cetirizine|loratadine|chlorpheniramine", r"antihistamine"),
)
_CLASSES = tuple((re.compile(names), re.compile(words, re.I)) for names, words in CLASSES)
_WORD = re.compile(r"[A-Za-z]+")


def expanded(question: str) -> str:
    """The question, with the long forms of its abbreviations after it."""
    found = (ABBREVIATIONS.get(word.lower()) for word in _WORD.findall(question))
    return " ".join([question, *dict.fromkeys(long for long in found if long)])


def names_class_of(ingredient: str, text: str) -> bool:
    """Whether a label's text speaks of the class that the ingredient belongs to."""
    return any(names.fullmatch(ingredient) and words.search(text) for names, words in _CLASSES)
