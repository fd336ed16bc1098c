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
intravenous: iv | intravenous | intravenously | into a vein | ivi | i/v
intramuscular: im | intramuscular | intramuscularly | i/m
subcutaneous: sc | subcut | subcutaneous | subcutaneously | sq | subq | sub-q | s/c | under the skin
sublingual: sl | sublingual | sublingually | s/l | under the tongue
buccal: buccal | buccally
rectal: pr | rectal | rectally | per rectum | into the rectum
vaginal: pv | vaginal | vaginally | per vagina | intravaginal | intravaginally
inhaled: inh | inhaled | inhale | by inhalation | via inhaler | via spacer
nebulised: neb | nebs | nebulised | nebulized | via nebuliser | via nebulizer | by nebuliser | by nebulizer
topical: top | topical | topically | to the skin | to affected area | to the affected area | to affected areas
transdermal: transdermal | transdermally
intranasal: intranasal | intranasally | nasally | in each nostril | into each nostril | each nostril | per nostril
ophthalmic: in each eye | in both eyes | into each eye | both eyes | ophthalmic | in the affected eye | in affected eye
ophthalmic, right eye: in the right eye | in right eye | into the right eye | right eye
ophthalmic, left eye: in the left eye | in left eye | into the left eye | left eye
otic: otic | in each ear | in the affected ear | in affected ear | in both ears
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
2 d: twice daily | twice a day | twice per day | twice each day | twice every day | bid | bd | bds | b.d. | two times daily
3 d: thrice daily | three times daily | tid | tds | t.d.s. | thrice a day
4 d: qid | qds | four times daily
1 2.d: every other day | every second day | on alternate days | alternate days | qod | alternate-day | eod
1 1.h: hourly | every hour | each hour | qh
1 4.h: qqh
1 wk: once weekly | once a week | once per week | once each week | once every week | weekly | every week | each week
1 wk: qweek | qwk | one time weekly
2 wk: twice weekly | twice a week | twice per week | twice each week | twice every week
3 wk: thrice weekly | tiw | three times weekly | t.i.w. | thrice a week
4 wk: qiw
1 2.wk: every other week | every fortnight | once every fortnight | fortnightly | once fortnightly | alternate weeks
1 2.wk: on alternate weeks | every second week | once a fortnight
1 mo: once monthly | once a month | once per month | monthly | every month | each month | once every month
1 a: once yearly | once a year | once per year | yearly | annually | once annually | every year
""")

WHEN = _phrases("""
+morning: in the morning | every morning | each morning | qam | om | mane | in the mornings | o.m. | every am | in the am
+night: at night | nocte | nightly | every night | each night | o.n. | at nighttime | at night-time | noct
+bedtime: at bedtime | hs | qhs | before bed | at bed time | on going to bed | every bedtime | before bedtime | h.s.
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
before meals: before meals | ac | before food | before eating | before a meal | before each meal | a.c. | before every meal
after meals: after meals | pc | after food | after eating | after a meal | after each meal | p.c. | after every meal
with meals: with meals | with food | with a meal | with each meal | with or after food | with or just after food
with meals: immediately after food | with the main meals | with main meals | cc | with every meal | with milk or food
with or without food: with or without food | without regard to food | without regard to meals | with or without meals
empty stomach: on an empty stomach | empty stomach | on empty stomach
after each loose stool: after each loose stool | after each loose bowel movement | after every loose stool
before surgery: before surgery | before the procedure | prior to surgery | before the operation | at induction
at onset: at onset of migraine | at the onset of migraine | at the onset of symptoms | at first sign of symptoms
immediately: stat | immediately | at once
continuous: continuous | continuously | by continuous infusion | continuous infusion | continuous iv infusion
continuous: as a continuous infusion | as continuous infusion
""")
"""A meaning that begins with + happens once a day unless the text says another frequency."""

NEEDED = _phrases("""
needed: prn | as needed | when needed | if needed | as required | when required | if required | when necessary
needed: if necessary | as necessary | p.r.n. | only if needed | whenever needed | sos
""")
ONCE = _phrases("""
once: as a single dose | single dose | single-dose | one time only | one dose only | one time | one-time dose | x1 | x 1
once: for one dose | for 1 dose | for one dose only | as one dose | as a one-off dose | one-off | once only | just once
once: x 1 dose | as a single oral dose | in a single dose | in one dose | as a single injection | as a single bolus
""")
DIVIDED = _phrases("""
divided: divided | div | in divided doses | ÷ | in equally divided doses
""")
DAILY_TOTAL = _phrases("""
d: daily dose | dose per day | total daily dose | daily dosage | daily maximum | daily total | total daily | dose daily
d: daily maximum dose | dose in 24 hours | daily doses | daily dosages | daily limit | 24-hour dose | dose in any 24 hours
{dose}: single dose of | single dose is | single doses | maximum single dose | max single dose | maximum per dose
wk: weekly dose | weekly dosage | total weekly dose | weekly maximum | weekly total
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

PEOPLE = frozenset(
    [
        "adult",
        "adults",
        "child",
        "children",
        "infant",
        "infants",
        "neonate",
        "neonates",
        "newborn",
        "newborns",
        "adolescent",
        "adolescents",
        "toddler",
        "toddlers",
        "elderly",
        "geriatric",
        "paediatric",
        "pediatric",
        "pediatrics",
        "paediatrics",
        "patient",
        "patients",
        "women",
        "men",
        "woman",
        "pregnant",
        "pregnancy",
        "breastfeeding",
        "females",
        "males",
        "boys",
        "girls",
        "older",
        "younger",
        "premature",
        "preterm",
        "obese",
        "renal",
        "hepatic",
        "crcl",
        "egfr",
        "gfr",
        "creatinine",
        "clearance",
        "weighing",
        "aged",
        "age",
        "weight",
        "cirrhosis",
        "dialysis",
        "haemodialysis",
        "hemodialysis",
        "frail",
        "teenagers",
        "babies",
        "people",
    ]
)
"""Words with which a phrase about the patient begins."""
PEOPLE_ENDS = frozenset(
    [
        "should",
        "must",
        "may",
        "is",
        "are",
        "take",
        "takes",
        "give",
        "given",
        "gives",
        "receive",
        "receives",
        "can",
        "require",
        "requires",
        "dose",
        "doses",
        "dosage",
        "the",
        "start",
        "starting",
        "initial",
        "initially",
        "initiate",
        "usual",
        "usually",
        "then",
        "who",
        "max",
        "maximum",
        "recommended",
        "maintenance",
        "loading",
        "use",
        "using",
        "was",
        "were",
        "will",
        "increase",
        "reduce",
        "reduced",
        "decrease",
        "limit",
        "do",
        "not",
        "need",
        "needs",
        "by",
        "orally",
        "via",
        "every",
        "each",
        "once",
        "twice",
        "daily",
        "begin",
        "iv",
        "im",
        "sc",
        "po",
        "oral",
        "up",
        "'s",
    ]
)

FREQUENCY_WORDS = frozenset(
    [
        "hourly",
        "weekly",
        "monthly",
        "fortnightly",
        "fortnight",
        "alternate",
        "alternating",
        "biweekly",
        "bimonthly",
        "bi-weekly",
        "every",
        "each",
        "twice",
        "thrice",
        "once",
        "nightly",
        "times",
        "divided",
        "yearly",
        "annually",
        "daily",
        "day",
        "days",
        "week",
        "weeks",
        "month",
        "months",
        "hour",
        "hours",
        "minute",
        "minutes",
        "half",
        "quarter",
        "third",
        "double",
        "doubled",
        "doubling",
        "triple",
        "halve",
        "halved",
        "repeat",
        "repeated",
        "repeating",
        "another",
        "additional",
        "extra",
        "instead",
        "except",
        "unless",
        "split",
        "skip",
        "omit",
        "hold",
        "held",
        "missed",
        "quarterly",
        "semi",
        "twofold",
        "tenfold",
        "dozen",
        "couple",
        "several",
        "few",
        "pair",
    ]
)
"""Words that say how much or how often; where one of them was not understood, the dose is not understood."""

NEGATIONS = frozenset(
    [
        "not",
        "never",
        "no",
        "without",
        "avoid",
        "avoided",
        "stop",
        "stopped",
        "discontinue",
        "discontinued",
        "withhold",
        "cannot",
        "don't",
        "nor",
        "neither",
        "contraindicated",
        "none",
        "nil",
        "off",
        "cease",
    ]
)

HARMLESS_SHORT = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "and",
        "or",
        "to",
        "in",
        "on",
        "for",
        "with",
        "is",
        "be",
        "by",
        "at",
        "as",
        "may",
        "can",
        "dose",
        "take",
        "give",
        "then",
        "each",
        "one",
        "if",
        "his",
        "her",
        "it",
        "its",
        "from",
        "this",
        "that",
        "are",
        "was",
        "has",
        "have",
        "been",
        "can",
        "when",
        "who",
        "your",
        "you",
        "use",
        "via",
        "per",
        "oral",
        "adds",
        "up",
        "set",
        "due",
        "into",
        "any",
        "all",
        "also",
        "both",
        "but",
        "drug",
        "tab",
        "cap",
        "gel",
        "oil",
        "kit",
        "bed",
        "pain",
        "bowl",
        "safe",
        "acne",
        "gout",
        "flu",
        "uti",
        "cold",
        "cough",
        "mild",
        "body",
        "risk",
        "high",
        "low",
        "such",
        "usual",
        "mean",
        "term",
        "long",
        "full",
        "same",
        "only",
        "more",
        "most",
        "very",
        "first",
        "next",
        "last",
        "need",
        "had",
        "were",
        "will",
        "they",
        "them",
        "than",
        "else",
        "so",
        "we",
        "he",
        "she",
        "do",
        "must",
        "take",
        "tke",
        "with",
        "acute",
        "skin",
        "nose",
        "eye",
        "eyes",
        "ear",
        "ears",
        "area",
        "hair",
        "feet",
        "oral",
        "oils",
        "rash",
        "eg",
        "ie",
        "etc",
        "age",
        "over",
        "must",
        "not",
        "she",
        "said",
        "told",
        "pt",
        "pts",
        "rx",
        "sig",
        "disp",
        "i",
        "my",
        "me",
        "our",
        "must",
        "well",
        "good",
        "day",
        "both",
        "left",
        "aged",
        "old",
        "time",
        "lung",
        "gram",
        "type",
        "care",
        "ward",
        "home",
        "file",
        "note",
        "seen",
        "plan",
        "back",
        "main",
        "ring",
        "once",
        "food",
        "meal",
        "milk",
        "tea",
        "sips",
        "wash",
        "thin",
        "thick",
        "neck",
        "arms",
        "legs",
        "hand",
        "hands",
        "foot",
        "head",
        "used",
        "uses",
        "unit",
        "some",
        "many",
        "much",
        "each",
        "tell",
        "help",
        "keep",
        "make",
        "sure",
        "self",
        "dark",
        "shut",
        "open",
        "lost",
        "fall",
        "form",
        "kept",
        "goal",
        "call",
        "need",
        "seek",
        "wear",
        "site",
        "deep",
        "fine",
        "cool",
        "skin",
        "part",
        "page",
        "data",
        "case",
        "rate",
        "ends",
        "two-w",
        "sign",
        "year",
        "peri",
        "post",
        "non",
        "sub",
        "anti",
        "being",
        "does",
        "else",
        "even",
        "ever",
        "gets",
        "goes",
        "gave",
        "gone",
        "less",
        "like",
        "made",
        "mind",
        "near",
        "once",
        "ones",
        "rare",
        "rely",
        "role",
        "seen",
        "show",
        "slow",
        "soon",
        "stop-gap",
        "text",
        "thus",
        "time",
        "told",
        "took",
        "upon",
        "want",
        "ways",
        "week-end",
        "went",
        "were",
        "what",
        "whom",
        "wide",
        "wife",
        "wish",
        "word",
        "work",
        "yet",
        "arm",
        "leg",
        "men",
        "pre",
        "end",
        "why",
        "how",
        "ten-day",
        "see",
        "lab",
        "iron",
        "bag",
        "via",
        "act",
        "add",
        "age",
        "aid",
        "air",
        "ago",
        "ask",
        "bad",
        "big",
        "bit",
        "but",
        "buy",
        "cut",
        "did",
        "few",
        "fit",
        "get",
        "got",
        "guy",
        "had",
        "has",
        "her",
        "hot",
        "how",
        "its",
        "job",
        "key",
        "kid",
        "law",
        "let",
        "lie",
        "lot",
        "low",
        "may",
        "nor",
        "now",
        "old",
        "out",
        "own",
        "pay",
        "per",
        "put",
        "ran",
        "red",
        "run",
        "sat",
        "say",
        "sex",
        "she",
        "six-hour",
        "sun",
        "too",
        "top",
        "try",
        "use",
        "was",
        "way",
        "who",
        "why",
        "won",
        "mouth",
        "lips",
        "chew",
        "suck",
        "open",
        "wait",
        "see",
        "ask",
        "ring",
        "hour",
        "mini",
        "max",
        "min",
        "sore",
        "dry",
        "wet",
        "soap",
        "bath",
        "warm",
        "cool",
        "heat",
        "stay",
        "lie",
        "sit",
        "rest",
        "vein",
        "slow",
        "fast",
        "push",
        "drip",
        "line",
        "pump",
        "bag",
        "tube",
        "syrup",
        "spray",
        "water",
        "juice",
        "iron",
        "salt",
        "loss",
        "gain",
        "base",
        "acid",
        "free",
        "plus",
    ]
)
"""Words of at most four letters that change no dose. Any other short word beside a dose leaves it unread."""

SPELLABLE = [
    "take",
    "tablet",
    "tablets",
    "capsule",
    "capsules",
    "times",
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "hour",
    "hours",
    "daily",
    "weekly",
    "twice",
    "every",
]
"""The words that are put right where one letter is missing, added or out of place."""
NOT_MISSPELT = frozenset(
    [
        "table",
        "tables",
        "timer",
        "ever",
        "very",
        "mouths",
        "moths",
        "moth",
        "dally",
        "mouth",
        "tale",
        "tape",
        "talk",
        "hours'",
        "year",
        "years",
    ]
)


def phrase_at(phrases: Phrases, tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    """The meaning of the longest phrase that begins at this token, and the position after it."""
    for words, meaning in phrases.get(tokens[at].text.lower(), ()):
        after = at + len(words)
        if after <= len(tokens) and all(tokens[at + i].text.lower() == word for i, word in enumerate(words)):
            return meaning, after
    return None


ORDINAL_PERIODS = {"other": Decimal(2), "second": Decimal(2), "third": Decimal(3), "fourth": Decimal(4)}
"""The word in "every third day"."""
