"""Synthetic examples for `bench prepare`, with what is to be found in them, and nothing else that is alike.

Seeded: the same seed and size give the same files. Every plain example has random numbers and words of its own, so that
two of them are never alike by chance; what is planted is a changed copy of a plain one, used once. The truth says of
every planted line what it is and of which line it was made.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_MEDICINES = """
    metformin warfarin lisinopril apixaban digoxin sertraline omeprazole amoxicillin lithium ibuprofen atorvastatin
    clopidogrel amlodipine furosemide gabapentin levothyroxine prednisone methotrexate allopurinol carbamazepine
    phenytoin simvastatin losartan metoprolol tramadol ciprofloxacin spironolactone baclofen haloperidol fluoxetine
    naproxen azathioprine duloxetine venlafaxine rivaroxaban dabigatran tacrolimus cyclosporine morphine oxycodone
    escitalopram citalopram diazepam lorazepam pregabalin topiramate lamotrigine levetiracetam donepezil memantine
"""
MEDICINES = tuple(_MEDICINES.split())
_WORD_LIST = """
    stable ward clinic morning evening breakfast supper water juice recent earlier older sister nurse kidney function
    appetite weight sleep walking knee shoulder headache cough fever rash nausea diet salt potassium sodium oedema
    breathing tired dizzy thirsty bruise bleeding stool urine pulse rhythm pressure glucose cholesterol liver enzyme
    thyroid anaemia infection surgery discharge admission review follow plan chart record pharmacy bottle label
    tablet capsule liquid patch inhaler injection titration taper switch course baseline trough level sample result
    relative carer school travel holiday exercise smoking alcohol coffee grapefruit herbal supplement vitamin zinc
    monitor check repeat compare document explain counsel reassure refer discuss confirm arrange observe record
    gradual sudden mild moderate marked persistent intermittent usual unusual previous current planned possible likely
    hospital community practice colleague guideline evidence benefit risk balance decision choice preference concern
"""
_WORDS = tuple(_WORD_LIST.split())
_QUESTIONS = (
    "What should I know about {medicine} for a patient of {age} with a weight of {weight} kg who reports {context}?",
    "Is {medicine} still right at {dose} mg when the eGFR is {egfr} and there is {context}?",
    "How do we adjust {medicine} in someone aged {age}, eGFR {egfr}, after {context}?",
    "Patient on {medicine} {dose} mg, potassium {level}, now {context}. What next?",
    "Which interval suits {medicine} for a person of {weight} kg given {context}?",
    "A colleague asks about {medicine} and {context} in a woman of {age} on {dose} mg.",
)
_ANSWERS = (
    "For {medicine} the usual approach here is {words}. Consider {dose2} mg with {more}, and keep {rest} in mind.",
    "With {words} in view, {medicine} at {dose2} mg may be continued while {more}. Ask about {rest}.",
    "{words} matter most. The team gave {medicine} {dose2} mg and then {more}; it also noted {rest}.",
)
_GIVEN = (
    "Mary",
    "John",
    "Susan",
    "Robert",
    "Linda",
    "James",
    "Patricia",
    "Michael",
    "Karen",
    "David",
    "Nancy",
    "Thomas",
)
_FAMILY = (
    "Johnson",
    "Miller",
    "Garcia",
    "Brown",
    "Wilson",
    "Moore",
    "Taylor",
    "Anderson",
    "Jackson",
    "Harris",
    "Clark",
)
_FOREIGN = (
    "Quelle est la posologie habituelle de ce médicament chez l'adulte âgé avec une insuffisance rénale, numéro {n} ?",
    "¿Cuál es la dosis habitual de este medicamento en el adulto mayor con insuficiencia renal, número {n}?",
    "Welche Dosis dieses Arzneimittels ist bei älteren Menschen mit Nierenschwäche üblich, Nummer {n}?",
)


class Planted(StrEnum):
    """What a line is."""

    PLAIN = "plain"
    EXACT = "exact copy"
    NEAR = "near copy"
    TRAP = "nearly a copy, with another number in the question"
    CONTAMINATED = "evaluation question"
    CONTRADICTION = "same question, another amount"
    IDENTIFIER = "identifiers"
    FOREIGN = "another language"
    BROKEN = "no JSON"


SHARES = {
    Planted.EXACT: 0.05,
    Planted.NEAR: 0.04,
    Planted.TRAP: 0.02,
    Planted.CONTAMINATED: 0.005,
    Planted.CONTRADICTION: 0.01,
    Planted.IDENTIFIER: 0.02,
    Planted.FOREIGN: 0.005,
    Planted.BROKEN: 0.001,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: what it is, the number of the line it was made of (-1: none), and what must not stay."""

    kind: Planted
    of: int = -1
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Told:
    question: str
    answer: str
    medicine: str


def write_world(path: Path, size: int, questions: Sequence[str], seed: int = 11) -> list[Line]:
    """Write `size` lines of JSON to a file, and say what each is. `questions` are those of the evaluation sets."""
    rng = random.Random(seed)
    truth: list[Line] = []
    free: list[tuple[int, _Told]] = []  # plain lines that nothing was made of yet
    with path.open("w", encoding="utf-8") as file:
        for number, (text, line, told) in enumerate(_lines(rng, size, questions, free)):
            file.write(text + "\n")
            truth.append(line)
            if line.kind is Planted.PLAIN and told is not None and rng.random() < 0.3:
                free.append((number, told))
    return truth


def _lines(
    rng: random.Random, size: int, questions: Sequence[str], free: list[tuple[int, _Told]]
) -> Iterator[tuple[str, Line, _Told | None]]:
    kinds, weights = [Planted.PLAIN, *SHARES], [1 - sum(SHARES.values()), *SHARES.values()]
    for number, kind in enumerate(rng.choices(kinds, weights, k=size)):
        if kind in (Planted.EXACT, Planted.NEAR, Planted.TRAP, Planted.CONTRADICTION):
            if len(free) < 50:
                kind = Planted.PLAIN
            else:
                place = rng.randrange(len(free))
                free[place], free[-1] = free[-1], free[place]
                of, told = free.pop()
                yield _record(rng, _CHANGED[kind](rng, told)), Line(kind, of), None
                continue
        if kind is Planted.BROKEN:
            yield '{"question": "cut off in the mid', Line(kind), None
        elif kind is Planted.FOREIGN:
            asked = rng.choice(_FOREIGN).format(n=number)
            yield json.dumps({"question": asked, "answer": asked, "patient": ""}), Line(kind), None
        elif kind is Planted.CONTAMINATED:
            yield _record(rng, _contaminated(rng, questions)), Line(kind), None
        elif kind is Planted.IDENTIFIER:
            told, hidden = _identified(rng, _plain(rng))
            yield _record(rng, told), Line(kind, -1, hidden), None
        else:
            told = _plain(rng)
            yield _record(rng, told), Line(Planted.PLAIN), told


def _plain(rng: random.Random) -> _Told:
    medicine = rng.choice(MEDICINES)
    # Commoner medicines are asked about more often, as in life.
    if rng.random() < 0.3:
        medicine = MEDICINES[rng.randrange(8)]
    numbers = {
        "age": rng.randrange(18, 90), "weight": rng.randrange(400, 1200) / 10, "dose": rng.randrange(1, 2000) / 2,
        "egfr": rng.randrange(10, 120), "level": rng.randrange(20, 70) / 10, "dose2": rng.randrange(1, 4000) / 4,
    }  # fmt: skip
    question = rng.choice(_QUESTIONS).format(medicine=medicine, context=_some(rng, 7), **numbers)
    answer = rng.choice(_ANSWERS).format(
        medicine=medicine, words=_some(rng, 9), more=_some(rng, 9), rest=_some(rng, 8), **numbers
    )
    return _Told(question, answer, medicine)


def _some(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(_WORDS, k=count))


def _record(rng: random.Random, told: _Told) -> str:
    """A line of JSON, in one of the shapes that are read; some with markup or a wrong encoding, as in life."""
    question, answer = told.question, told.answer
    dice = rng.random()
    if dice < 0.02:
        answer = f"<p>{answer}</p><br/>"
    elif dice < 0.03:
        answer = f"I hope this helps with your question.\n{answer}"
    elif dice < 0.04:
        answer = answer.replace(" ", " ", 1)
    patient = f"P{rng.randrange(200_000)}" if rng.random() < 0.1 else ""
    if dice > 0.7:
        turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        return json.dumps({"messages": turns, "patient": patient})
    return json.dumps({"question": question, "answer": answer, "patient": patient})


def _copied(rng: random.Random, told: _Told) -> _Told:
    """The same in other letters and blanks."""
    change = rng.choice((str, str.upper, lambda text: text.replace(" ", "  ")))
    return _Told(change(told.question), change(told.answer), told.medicine)


def _nearly(rng: random.Random, told: _Told) -> _Told:
    """Two words that turn nothing are others."""
    words = told.answer.split(" ")
    places = [place for place, word in enumerate(words) if word in _NEUTRAL]
    for place in rng.sample(places, 2):
        words[place] = rng.choice([word for word in _NEUTRAL if word != words[place]])
    return _Told(told.question, " ".join(words), told.medicine)


def _trapped(rng: random.Random, told: _Told) -> _Told:
    """One number of the question is another, or the medicine is: two different examples."""
    if rng.random() < 0.3:
        other = rng.choice([name for name in MEDICINES if name != told.medicine])
        swap = told.question.replace(told.medicine, other), told.answer.replace(told.medicine, other)
        return _Told(*swap, other)
    words = told.question.split(" ")
    places = [place for place, word in enumerate(words) if word.strip(",.").replace(".", "").isdigit()]
    place = rng.choice(places)
    words[place] = words[place].replace(words[place].strip(",."), str(rng.randrange(2000, 9000)))
    return _Told(" ".join(words), told.answer, told.medicine)


def _contradicted(rng: random.Random, told: _Told) -> _Told:
    """The same question with another dose in the answer."""
    words = told.answer.split(" ")
    place = words.index("mg") if "mg" in words else words.index("mg,")
    words[place - 1] = str(rng.randrange(2000, 9000))
    return _Told(told.question, " ".join(words), told.medicine)


def _contaminated(rng: random.Random, questions: Sequence[str]) -> _Told:
    """A question of an evaluation set: as it is, in capitals, or within other words."""
    asked = rng.choice(questions)
    long = len(asked.split()) >= 12
    change = rng.choice((str, str.upper, *((lambda text: f"Dear team, {text} Many thanks.",) if long else ())))
    return _Told(change(asked), _plain(rng).answer, "")


def _identified(rng: random.Random, told: _Told) -> tuple[_Told, tuple[str, ...]]:
    name = f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}"
    record, day = (
        str(rng.randrange(10**7, 10**8)),
        f"{rng.randrange(1, 13)}/{rng.randrange(1, 29)}/20{rng.randrange(10, 26)}",
    )
    phone = f"({rng.randrange(201, 990)}) 555-{rng.randrange(1000, 9999)}"
    said = rng.choice(
        (f"My patient {name}, MRN {record}, was seen on {day}.", f"Mrs. {name} (DOB {day}) can be called at {phone}.")
    )
    hidden = tuple(value for value in (name, record, day, phone) if value in said)
    return _Told(f"{said} {told.question}", told.answer, told.medicine), hidden


_NEUTRAL = sorted(set(_WORDS) - {"kidney", "liver", "tablet", "potassium", "sodium", "zinc"})
_CHANGED = {
    Planted.EXACT: _copied,
    Planted.NEAR: _nearly,
    Planted.TRAP: _trapped,
    Planted.CONTRADICTION: _contradicted,
}
