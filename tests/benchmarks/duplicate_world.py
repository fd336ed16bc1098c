"""Reports as told from truths, and whole worlds of them with duplicates and hard pairs that are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from tests.benchmarks.duplicate_reports import OUTCOMES, QUALIFICATIONS, Draw, Noise, Told, Truth

DUPLICATED = 0.03
"""The share of ordinary truths that are told twice; a tenth of those three times."""
_OPENINGS = (
    "A {age} year old {sex} patient took {medicine} and {days} days later developed {events}.",
    "This {sex} patient aged {age} experienced {events} while on {medicine} started {days} days before.",
    "{events} occurred in a {age} year old {sex} after {days} days of treatment with {medicine}.",
    "I was given {medicine} and after {days} days I had {events}.",
    "Reporter states that {events} began {days} days after the first dose of {medicine} in this {sex} person.",
)
_MORE = (
    "The medicine was stopped and the patient was observed overnight.", "No other cause was found by the clinic.",
    "Relevant history includes hypertension and diabetes.", "Laboratory values were requested but are not available.",
    "The reporter considers the relation to be possible.", "The patient lives alone and was seen by a nurse.",
    "Symptoms improved after treatment with fluids and rest.", "Concomitant medication was continued unchanged.",
    "An ambulance was called by a neighbour.", "The lot number was not provided by the pharmacy.",
    "Follow up information will be asked for.", "The dose had been raised the week before.",
)  # fmt: skip


def world(seed: int, noise: Noise, size: int) -> Iterator[Told]:
    """About `size` reports; nine of ten are ordinary, the rest clusters, articles, twins and recurrences."""
    draw, made = Draw(seed, noise), 0
    while made < size:
        kind = draw.random.random()
        if kind < 0.965:
            told = _ordinary(draw)
        elif kind < 0.978:
            told = _cluster(draw)
        elif kind < 0.988:
            told = _article(draw)
        elif kind < 0.994:
            told = _twins(draw)
        else:
            told = _recurrence(draw)
        for report in told:
            made += 1
            yield report


def _ordinary(draw: Draw) -> Iterator[Told]:
    truth = draw.truth()
    first = tell(draw, truth, "0")
    yield first
    if draw.chance(DUPLICATED):
        yield _second(draw, truth, first, "1")
        if draw.chance(0.1):
            yield _second(draw, truth, first, "2")


def _cluster(draw: Draw) -> Iterator[Told]:
    """One medicine, reaction, month, place and reporter; every patient is another one."""
    one = draw.truth()
    opening = draw.random.randrange(len(_OPENINGS))
    for _ in range(draw.random.randint(3, 8)):
        other = draw.truth()
        onset = one.onset + timedelta(draw.random.randrange(12))
        mine = draw.again(
            other, medicine=one.medicine, events=one.events, country=one.country, sender=one.sender, onset=onset,
            start=onset - timedelta(draw.random.randrange(5)), qualification=one.qualification,
        )  # fmt: skip
        yield tell(draw, mine, "0", opening=opening)


def _article(draw: Draw) -> Iterator[Told]:
    """Several patients of one article; a second company reports the same article from its own copy."""
    one = draw.truth()
    article = f"10.1{draw.random.randrange(1000, 9999)}/case.{one.id}"
    shared = {
        "medicine": one.medicine,
        "country": one.country,
        "article": article,
        "sender": one.sender,
        "qualification": "physician",
    }
    patients = [
        draw.again(draw.truth(), events=draw.random.choice((one.events, one.events[:1])), **shared)
        for _ in range(draw.random.randint(2, 5))
    ]
    for copy in ("a", "b"):
        received = one.onset + timedelta(400 + draw.random.randrange(200))
        for place, patient in enumerate(patients):
            told = tell(draw, patient, copy)
            yield replace(told, source=f"{article}{copy}", place=place * 500, received=received)


def _twins(draw: Draw) -> Iterator[Told]:
    one = draw.truth()
    first = one.initials[0]
    yield tell(draw, one, "0")
    initials = draw.random.choice("ABEGKLNT".replace(first, "")) + one.initials[1:]
    sex, weight = draw.random.choice(("female", "male")), one.weight + draw.random.choice((-6, 5, 9))
    other = draw.again(one, initials=initials, sex=sex, weight=weight)
    yield tell(draw, other, "0")


def _recurrence(draw: Draw) -> Iterator[Told]:
    """The same patient, months later, with another reaction: related, but no duplicate."""
    one = draw.truth()
    yield tell(draw, one, "0")
    later = timedelta(draw.random.randrange(90, 500))
    yield tell(
        draw, draw.again(one, onset=one.onset + later, start=one.start + later, events=draw.events(one.medicine)), "0"
    )


def _second(draw: Draw, truth: Truth, first: Told, copy: str) -> Told:
    told = tell(draw, truth, copy)
    noise = draw.noise
    if draw.chance(noise.other_reporter):
        told = replace(told, sender=f"centre {draw.random.randrange(3000)}" if told.sender else "",
                       qualification=draw.random.choice(QUALIFICATIONS) if told.qualification else "")  # fmt: skip
    if first.text and draw.chance(noise.text_copied):
        words = [word for word in first.text.split() if not draw.chance(noise.words_lost * 0.5)]
        told = replace(told, text=" ".join(words))
    return told


def tell(draw: Draw, truth: Truth, copy: str, opening: int | None = None) -> Told:
    """One report of a truth; each field may be left out or told with a slip."""
    noise, told = draw.noise, draw.noise.told
    events = [draw.word(each) for each in truth.events]
    if len(events) > 1 and draw.chance(noise.list_changed):
        events.pop()
    others = [draw.name(each) for each in truth.others if not draw.chance(noise.list_changed)]
    suspects = [draw.name(truth.medicine)]
    if others and draw.chance(noise.role_changed):
        suspects.append(others.pop())
    elif others and draw.chance(noise.role_changed / 3):
        suspects, others = [others[0]], [*others[1:], *suspects]
    keep = {name: draw.chance(rate) for name, rate in told.items()}
    number = f"{truth.country}-S{draw.random.randrange(999)}-{truth.id:07d}{copy}"
    outcome = draw.random.choice(OUTCOMES) if draw.chance(noise.outcome_changed) else truth.outcome
    return Told(
        id=f"{truth.id}/{copy}", truth=truth.id, source=f"s{truth.id}{copy}", place=0, number=number,
        article=truth.article, initials=_initials(draw, truth.initials) if keep["initials"] else "",
        birth=_date(draw, truth.birth, noise.date_slip / 8) if keep["birth"] else "",
        age=_age(draw, truth) if keep["age"] else None, sex=truth.sex if keep["sex"] else "",
        weight=truth.weight + draw.random.choice((0, 0, 0, 1, -1, 3)) if keep["weight"] else None,
        country=_country(draw, truth) if keep["country"] else "",
        qualification=truth.qualification if keep["qualification"] else "",
        sender=truth.sender if keep["sender"] else "", suspects=tuple(suspects), others=tuple(others),
        events=tuple(events), onset=_date(draw, truth.onset, noise.date_slip) if keep["onset"] else "",
        start=_date(draw, truth.start, noise.date_slip) if keep["start"] else "",
        outcome=outcome if keep["outcome"] else "",
        received=truth.onset + timedelta(5 + int(draw.random.expovariate(1 / 60))),
        text=_text(draw, truth, events, suspects[0], opening) if keep["text"] else "",
    )  # fmt: skip


def _country(draw: Draw, truth: Truth) -> str:
    return draw.random.choice(("US", "DE", "FR")) if draw.chance(draw.noise.other_country) else truth.country


def _initials(draw: Draw, initials: str) -> str:
    if not draw.chance(draw.noise.initials_slip):
        return initials
    swapped = initials[::-1]
    return draw.random.choice((swapped, initials[:-1] + draw.random.choice("ADEKMNS"), initials[0] + initials[-1]))


def _age(draw: Draw, truth: Truth) -> int:
    age = (truth.onset - truth.birth).days // 365
    if draw.chance(draw.noise.age_off):
        return max(0, age + draw.random.choice((-1, 1)))
    return round(age / 5) * 5 if draw.chance(draw.noise.age_round) else age


def _date(draw: Draw, day: date, slip: float) -> str:
    noise = draw.noise
    if draw.chance(noise.date_cut):
        return day.isoformat()[: draw.random.choice((4, 7, 7))]
    if draw.chance(slip):
        day += timedelta(draw.random.choice((-7, -3, -2, -1, 1, 1, 2, 3, 14)))
    elif draw.chance(noise.date_swap) and day.day <= 12:
        day = date(day.year, day.day, day.month)
    elif draw.chance(noise.part_typo):
        day = day.replace(year=day.year + draw.random.choice((-1, 1, -10)), day=min(day.day, 28))
    return day.isoformat()


def _text(draw: Draw, truth: Truth, events: list[str], medicine: str, opening: int | None) -> str:
    start = _OPENINGS[opening] if opening is not None else draw.random.choice(_OPENINGS)
    days = (truth.onset - truth.start).days
    age = (truth.onset - truth.birth).days // 365
    first = start.format(age=age, sex=truth.sex, medicine=medicine, days=days, events=" and ".join(events))
    return " ".join((first, *draw.random.sample(_MORE, draw.random.randint(1, 4))))
