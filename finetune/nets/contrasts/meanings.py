"""Changes of what is said: direction, negation, certainty, a condition that is dropped, a detail that is added."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from finetune.nets.contrasts.contrast import Scene, Table, both_ways, one_way, put, swap_one

_DIRECTIONS = both_ways("""
increase | decrease
increases | decreases
increased | decreased
increasing | decreasing
higher | lower
high | low
highest | lowest
above | below
more than | less than
greater than | less than
more | less
before | after
prior to | after
maximum | minimum | starting
at least | no more than | less than
up to | at least
start | stop
started | stopped
starting | stopping
initiate | discontinue
initiation | discontinuation
initiating | discontinuing
elevated | reduced
elevation | reduction
elevations | reductions
raise | lower
raises | lowers
longer | shorter
improve | worsen
improves | worsens
improved | worsened
improvement | worsening
first | last
early | late
earlier | later
acute | chronic
rapid | slow
strong | weak
inhibitor | inducer
inhibitors | inducers
inhibits | induces
agonist | antagonist
stimulates | blocks
causes | prevents
cause | prevent
during | before | after
older | younger
and older | and younger
or older | or younger
mild | severe
mild | moderate
moderate | severe
with food | on an empty stomach
with meals | on an empty stomach
with or without food | only with food
benefit | risk
common | rare
commonly | rarely
most | few
many | few
frequent | infrequent
hypertension | hypotension
hyperkalemia | hypokalemia
hyperglycemia | hypoglycemia
hyperthyroidism | hypothyroidism
tachycardia | bradycardia
positive | negative
dominant | recessive
gain | loss
safe | unsafe
normal | abnormal
agonists | antagonists
upper | lower
left | right
short-term | long-term
absorbed | excreted
similar to | different from
upward | downward
better | worse
greater | smaller
larger | smaller
superior | inferior
similar | different
the same | different
a significant | no significant
significant | insignificant
significantly | not significantly
no difference | a clear difference
no effect | a strong effect
no evidence | clear evidence
associated with | unrelated to
related to | unrelated to
correlated | uncorrelated
effective | ineffective
efficacy | toxicity
survival | mortality
reliable | unreliable
sufficient | insufficient
adequate | inadequate
appropriate | inappropriate
possible | impossible
able | unable
favorable | unfavorable
beneficial | harmful
useful | useless
well tolerated | poorly tolerated
good | poor
majority | minority
all | none
both | neither
single | multiple
alone | in combination
primary | secondary
active | inactive
placebo | active treatment
independent of | dependent on
consistent with | contrary to
""")
_NEGATIONS = one_way("""
is not > is
are not > are
was not > was
were not > were
do not > always
should not > should
must not > must
may not > may
cannot > can
has not been > has been
have not been > have been
did not > did
does not > does
is > is not
are > are not
was > was not
were > were not
should > should not
must > must not
can > cannot
has been > has not been
have been > have not been
will > will not
contraindicated > recommended | indicated
recommended > not recommended | contraindicated
indicated > contraindicated
avoid > use | consider
avoided > used
without > with
with > without
no > significant | an
not recommended > recommended
not > ""
never > always
effective > ineffective
unlikely > likely
likely > unlikely
known > unknown
unknown > known
""")
_DENIALS = Table({phrase: others for phrase, others in _NEGATIONS.rows.items() if "not" in phrase})
_CERTAINTIES = one_way("""
may > will | always
might > will
can > will | always
could > will
may be > is always
may cause > always causes
some > all
some patients > all patients
many > all
often > always
sometimes > always
usually > always
generally > always
occasionally > always
rarely > frequently
rare > frequent
possible > certain
consider > always use
should be considered > is mandatory
have been reported > are very common
has been reported > is very common
is recommended > is mandatory
suggests > proves
suggest > prove
associated with > proven to cause
up to > exactly
about > exactly
approximately > exactly
most > all
most common > only
unless > even if
only > also
only if > even if
except > including
""")
_CONDITION_LAST = re.compile(
    r",?\s+(?:if|unless|only if|only when|except(?: in| for| when)?|provided that|until|who (?:have|are)|"
    r"(?:in|for) (?:adult |pediatric |paediatric |elderly |female |male )?"
    r"(?:patients?|people|adults|children|women|men)(?: with| who| aged| receiving| taking| without| \d))\b"
    r"[^,;]{4,}(?=[.;]?$)",
    re.IGNORECASE,
)
_CONDITION_FIRST = re.compile(
    r"^(?:If|When|Unless|In patients|In adults|In women|In children|For patients|For adults|In people|Among)\b"
    r"[^,;:]{4,90}[,:]\s+"
)
_ONLY = re.compile(
    r"\b(?:only|short-term|as an adjunct to [\w ]+? and [\w ]+?,|if needed|as needed|with caution)\s+", re.I
)
_DETAIL = re.compile(
    r"(?<=[a-z%])(,? (?:within|after|during|before|because of|without|despite|regardless of|(?:in|for|among) (?:most )?"
    r"(?:patients|people|adults|children|women|men|infants)|at doses|for up to|especially|particularly|every|for \d"
    r"|at \d)"
    r"\b[^,;:.()]{6,60})\.?$"
)


def direction(text: str, _scene: Scene, chance: random.Random) -> str:
    """The opposite direction, order, limit or degree."""
    return swap_one(text, _DIRECTIONS, chance)


def negation(text: str, _scene: Scene, chance: random.Random) -> str:
    """A negation put in, taken out, or turned round."""
    made = swap_one(text, _DENIALS, chance)
    if not made or chance.random() < 0.2:
        made = swap_one(text, _NEGATIONS, chance)
    return " ".join(made.split())


def certainty(text: str, _scene: Scene, chance: random.Random) -> str:
    """A hedge made a certainty, a part made the whole."""
    return swap_one(text, _CERTAINTIES, chance)


def dropped_condition(text: str, _scene: Scene, chance: random.Random) -> str:
    """The sentence without the condition or population that limits it."""
    cuts = [pattern.search(text) for pattern in (_CONDITION_LAST, _CONDITION_FIRST, _ONLY)]
    found = [cut for cut in cuts if cut]
    if not found:
        return ""
    cut = chance.choice(found)
    rest = put(text, cut.start(), cut.end(), " " if cut.start() else "").replace(" .", ".").strip()
    rest = " ".join(rest.split())
    rest += "." if text.endswith(".") and not rest.endswith(".") else ""
    return rest[:1].upper() + rest[1:] if len(rest) > 25 else ""


def added_detail(text: str, scene: Scene, chance: random.Random) -> str:
    """A detail that the source does not give: the end of a sentence of somewhere else."""
    found = [one for one in (chance.choice(scene.details) for _ in range(4 if scene.details else 0)) if one not in text]
    return f"{text.rstrip('.;')}{found[0]}." if found else ""


def details(texts: Iterable[str]) -> tuple[str, ...]:
    """The ends of sentences that say when, for whom, how long or despite what."""
    return tuple(dict.fromkeys(found.group(1) for text in texts for found in [_DETAIL.search(text)] if found))
