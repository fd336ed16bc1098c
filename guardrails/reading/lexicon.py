"""The words of dose language, as tables that a pharmacist can read and extend.

A phrase is written as it stands in text; capital letters do not matter, nor do the full stops of "p.o.".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from guardrails.numerals import Token, tokens_of

Phrases = Mapping[str, Sequence[tuple[tuple[str, ...], str]]]
"""First word to the phrases that begin with it, longest first, each with what it means."""


def _phrases(table: str) -> Phrases:
    """Read lines of "meaning: phrase | phrase"."""
    found: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for line in table.strip().splitlines():
        meaning, _, phrases = line.partition(": ")
        for phrase in phrases.split(" | "):
            words = tuple(token.text.lower() for token in tokens_of(phrase))
            found[words[0]].append((words, meaning))
    return {first: sorted(rest, key=lambda one: -len(one[0])) for first, rest in found.items()}


ROUTES = _phrases("""
oral: po | oral | orally | by mouth | per os | per oral | peroral | perorally
intravenous: iv | intravenous | intravenously | into a vein | ivi | ivp | i/v
intramuscular: im | intramuscular | intramuscularly | i/m
subcutaneous: sc | subcut | subcutaneous | subcutaneously | sq | subq | sub-q | s/c | under the skin
sublingual: sl | sublingual | sublingually | s/l | under the tongue
buccal: buccal | buccally
rectal: pr | rectal | rectally | per rectum | into the rectum
vaginal: pv | vaginal | vaginally | per vagina | intravaginal | intravaginally
inhaled: inh | inhaled | inhale | by inhalation | via inhaler | via spacer
nebulised: neb | nebs | nebulised | nebulized | via nebuliser | via nebulizer | by nebuliser | by nebulizer
topical: to the face | to the scalp | to affected skin | to the affected skin | to the lesions
topical: top | topical | topically | to the skin | to affected area | to the affected area | to affected areas
transdermal: transdermal | transdermally
intranasal: intranasal | intranasally | nasally | in each nostril | into each nostril | each nostril | per nostril
ophthalmic: in each eye | in both eyes | into each eye | both eyes | ophthalmic | in the affected eye
ophthalmic: in affected eye
ophthalmic, right eye: in the right eye | in right eye | into the right eye | right eye
ophthalmic, left eye: in the left eye | in left eye | into the left eye | left eye
otic: otic | into each ear | each ear | both ears | in each ear | in the affected ear | in affected ear | in both ears
intrathecal: intrathecal | intrathecally
epidural: epidural | epidurally
intradermal: intradermal | intradermally
intraosseous: io | intraosseous
nasogastric: ng | via nasogastric tube | via ng tube | via ngt | per ng | nasogastric
gastrostomy: via peg | per peg | via gastrostomy
""")

OFTEN = _phrases("""
1 d: once daily | once a day | once per day | once each day | once every day | one time daily | one time a day
1 d: daily | qd | od | every day | each day | everyday | every 24 hours | o.d. | once/day | once in 24 hours
2 d: twice daily | twice a day | twice per day | twice each day | twice every day | bid | bd | bds | b.d.
2 d: two times daily
3 d: thrice daily | three times daily | tid | tds | t.d.s. | thrice a day
4 d: qid | qds | four times daily
1 2.d: every other day | every second day | on alternate days | alternate days | qod | alternate-day | eod
1 1.h: hourly | every hour | each hour | qh
1 4.h: qqh
1 wk: once weekly | once a week | once per week | once each week | once every week | weekly | every week | each week
1 d: q daily | q day
1 wk: q weekly | q week | qweek | qwk | one time weekly
2 wk: twice weekly | twice a week | twice per week | twice each week | twice every week
3 wk: thrice weekly | tiw | three times weekly | t.i.w. | thrice a week
4 wk: qiw
1 2.wk: every other week | every fortnight | once every fortnight | fortnightly | once fortnightly | alternate weeks
1 2.wk: on alternate weeks | every second week | once a fortnight
1 mo: once monthly | once a month | once per month | monthly | every month | each month | once every month
1 a: once yearly | once a year | once per year | yearly | annually | once annually | every year
""")

WHEN = _phrases("""
+morning: in the morning | every morning | each morning | qam | om | mane | in the mornings | o.m.
+morning: every am | in the am
+night: at night | nocte | nightly | every night | each night | o.n. | at nighttime | at night-time | noct
+bedtime: at bedtime | hs | qhs | before bed | at bed time | on going to bed | every bedtime | before bedtime | h.s.
+morning+evening: in the morning and evening | morning and evening | in the morning and in the evening
+morning+night: morning and night | in the morning and night | every morning and night
+evening: in the evening | every evening | each evening | qpm | in the evenings | in the pm
+noon: at noon | at midday | at lunchtime | at lunch | in the middle of the day
+afternoon: in the afternoon | every afternoon | each afternoon
+teatime: at teatime
before breakfast: before breakfast
with breakfast: with breakfast | at breakfast
after breakfast: after breakfast
with dinner: with dinner | with the evening meal | with evening meal | with supper | at dinner
after dinner: after dinner | after the evening meal
before dinner: before dinner | before the evening meal | before supper
with lunch: with lunch
before meals: before meals | ac | before food | before eating | before a meal | before each meal | a.c.
before meals: before every meal
after meals: after meals | pc | after food | after eating | after a meal | after each meal | p.c. | after every meal
with meals: with meals | with food | with a meal | with each meal | with or after food | with or just after food
with meals: immediately after food | with the main meals | with main meals | cc | with every meal | with milk or food
: on the same day each week | on the same day | at the same time each day | at the same time every day
with or without food: with or without food | without regard to food | without regard to meals | with or without meals
empty stomach: on an empty stomach | empty stomach | on empty stomach
after each loose stool: after each loose stool | after each loose bowel movement | after every loose stool
before surgery: before surgery | before the procedure | prior to surgery | before the operation | at induction
at onset: at onset | at the onset | at onset of migraine | at the onset of migraine
at onset: at the onset of symptoms | at first sign of symptoms | at the first sign of symptoms
at onset: at the first sign of a flare
at onset: at the first sign of an attack | at the first sign of migraine | at the first sign of a migraine
immediately: stat | immediately | at once
before chemotherapy: before chemotherapy | prior to chemotherapy | before the start of chemotherapy
after surgery: after surgery | after the operation | after the procedure
before the infusion: before the infusion | before each infusion | before infusion | prior to each infusion
before the infusion: prior to the infusion | before every infusion
before the first infusion: before the first infusion | prior to the first infusion
before exercise: before exercise | before exercising
before sexual activity: before sexual activity | before intercourse
after dialysis: after dialysis | after haemodialysis | after hemodialysis | after each dialysis
after dialysis: after each dialysis session | after each haemodialysis session | after each hemodialysis session
continuous: continuous | continuously | by continuous infusion | continuous infusion | continuous iv infusion
continuous: as a continuous infusion | as continuous infusion
""")
"""A meaning that begins with + happens once a day unless the text says another frequency."""

NEEDED = _phrases("""
needed: prn | as needed | when needed | if needed | as required | when required | if required | when necessary
needed: if necessary | as necessary | p.r.n. | only if needed | whenever needed | sos
""")
ONCE = _phrases("""
once: as a single dose | in a single dose | single-dose | one time only | one dose only | one time
once: one-time dose | x1 | x 1
once: for one dose | for 1 dose | for one dose only | as one dose | as a one-off dose | one-off | once only
once: just once
once: x 1 dose | in one dose
""")
DIVIDED = _phrases("""
divided: divided | div | in divided doses | ÷ | in equally divided doses
""")
DAILY_TOTAL = _phrases("""
d: in 24 hours | in any 24 hours | in any 24-hour period | in a 24-hour period | per 24-hour period | in 24 h
d: per day | in a day
wk: per week
d: daily dose | dose per day | total daily dose | daily dosage | daily maximum | daily total | total daily
d: daily maximum dose | daily doses | daily dosages | daily limit | 24-hour dose
{dose}: single doses | maximum per dose
wk: in any one week | in one week | in a week | weekly dose | weekly dosage | total weekly dose
wk: weekly maximum | weekly total
""")
"""Words before an amount that say what it is the total of."""

THEN = _phrases("""
then: then | followed by | thereafter | after which | and then | and than | afterwards | subsequently | followed after
""")

DAYS = _phrases("""
monday: monday | mon | mondays
tuesday: tuesday | tue | tues | tuesdays
wednesday: wednesday | wed | weds | wednesdays
thursday: thursday | thu | thur | thurs | thursdays
friday: friday | fri | fridays
saturday: saturday | sat | saturdays
sunday: sunday | sun | sundays
""")

WEIGHTS = _phrases("""
ideal: of ideal body weight | ideal body weight | ibw | ideal weight | of ibw
actual: of actual body weight | actual body weight | abw | total body weight | tbw
adjusted: of adjusted body weight | adjusted body weight | adjbw
lean: of lean body weight | lean body weight | lbw | of lean body mass | lean body mass
: of body weight | body weight | bodyweight | of bodyweight | of body surface area | body surface area | bsa | bw
""")

_PEOPLE = """
    adult adults child children infant infants neonate neonates newborn newborns adolescent adolescents toddler
    toddlers elderly geriatric paediatric pediatric pediatrics paediatrics patient patients women men woman pregnant
    pregnancy breastfeeding females males boys girls older younger premature preterm obese renal hepatic crcl egfr gfr
    creatinine clearance weighing aged age cirrhosis dialysis haemodialysis hemodialysis frail teenagers babies
    people clcr
"""
PEOPLE = frozenset(_PEOPLE.split())
"""Words with which a phrase about the patient begins."""
_PEOPLE_ENDS = """
    should must may is are take takes give given gives receive receives can require requires dose doses dosage the
    start starting initial initially initiate usual usually then who max maximum recommended maintenance loading use
    using was were will increase reduce reduced decrease limit do not need needs by orally via every each once twice
    daily begin iv im sc po oral up 's
"""
PEOPLE_ENDS = frozenset(_PEOPLE_ENDS.split())

_FREQUENCY_WORDS = """
    awake
    lethal toxic toxicity overdose overdosage fatal ingested ingestion ingesting
    previously
    increments increment steps followed later
    cumulative lifetime
    maximum max minimum exceed exceeds exceeded exceeding more less fewer greater higher lower cut add adds total
    hourly weekly monthly fortnightly fortnight alternate alternating biweekly bimonthly bi-weekly every each twice
    thrice once nightly times divided yearly annually daily day days week weeks month months hour hours minute minutes
    half quarter third double doubled doubling triple halve halved repeat repeated repeating another additional extra
    instead except unless split skip omit hold held missed quarterly semi twofold tenfold dozen couple several few
    pair
"""
FREQUENCY_WORDS = frozenset(_FREQUENCY_WORDS.split())
"""Words that say how much or how often; where one of them was not understood, the dose is not understood."""

_NEGATIONS = """
    not never no without avoid avoided stop stopped discontinue discontinued withhold cannot don't nor neither
    contraindicated none nil off cease
"""
NEGATIONS = frozenset(_NEGATIONS.split())

_HARMLESS_SHORT = """
    led tia mi ms hefh hofh ocd mdd cll ra jia ald nsaid ppi ssri otc dvt pe bp hr lft gi cns
    a acid acne act age aged ago aid air all also an and any are area arm arms as ask at back bad bag base bath be bed
    been big bit body both bowl but buy by call can cap care case cd chew cold cool cr dark data day deep did disp do
    does dose dr drip drug dry due each ear ears ec eg else end ends er etc even ever eye eyes fall fast feet few file
    fine fit flu food foot for form free from full gain gave gel get gets give goal goes gone good got gout gram guy
    had hair hand has have head heat help her high home hot hour how i ie if in into iron is it its job keep kept key
    kid kit la lab last law left leg legs let lie like line lips long loss lost lot low lung made main make many may
    me meal mean men mild milk mind most mr much must my near neck need next nor nose note now odt of oil oils old on
    once one ones only open or our out over own page pain part pay per peri plan plus post pre pt pts pump push put
    cell here new side
    clip dual gerd hip knee pmdd ptsd sztn tail uric
    ran rare rash rate red rely rest ring risk role rx safe said salt same sat say see seek seen self set sex show
    shut sig sign sips sit site skin sl slow so soap some soon sore sr stay such suck sun sure tab take tea tell term
    text that the them then they thin this thus time to told too took top try tube type up upon use used uses uti vein
    very via wait want ward warm was wash way ways we wear well went were wet what when who whom why wide wife will
    wish with won word work xl xr year yet you your
"""
HARMLESS_SHORT = frozenset(_HARMLESS_SHORT.split())
"""Words of at most four letters that change no dose. Any other short word beside a dose leaves it unread."""

_SPELLABLE = """
    take tablet tablets capsule capsules times day days week weeks month months hour hours daily weekly twice every
"""
SPELLABLE = tuple(_SPELLABLE.split())
"""The words that are put right where one letter is missing, added or out of place."""
_NOT_MISSPELT = """
    table tables timer ever very mouths moths moth dally mouth tale tape talk hours' year years
"""
NOT_MISSPELT = frozenset(_NOT_MISSPELT.split())


def phrase_at(phrases: Phrases, tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    """The meaning of the longest phrase that begins at this token, and the position after it."""
    first = tokens[at].text.lower()
    if first not in phrases:
        return None
    second = tokens[at + 1].text.lower() if at + 1 < len(tokens) else ""
    for words, meaning in phrases[first]:
        length = len(words)
        if length == 1:
            return meaning, at + 1
        if words[1] != second or at + length > len(tokens):
            continue
        if length == 2 or all(tokens[at + i].text.lower() == words[i] for i in range(2, length)):
            return meaning, at + length
    return None


ORDINAL_PERIODS = {"other": Decimal(2), "second": Decimal(2), "third": Decimal(3), "fourth": Decimal(4)}
"""The word in "every third day"."""
