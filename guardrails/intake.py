"""Screens a question before anything else sees it: masks identifiers, notices an emergency, declines harm.

Rules only, and few: a notice must be right when it is shown, and a question of toxicology must not be declined. What is
masked here is masked before it is stored, logged, searched or sent to a model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from guardrails.identifiers import masked


@dataclass(frozen=True, slots=True)
class Screened:
    """A question made safe to keep.

    `text` is masked; `masked` names the kinds of what was ("DATE"), in order. `notices` are sentences to show before
    the answer. `declined` says why nothing is answered, or is empty.
    """

    text: str
    notices: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    declined: str = ""


OVERDOSE = (
    "If somebody may have taken too much, call the emergency number or a poison centre now; "
    "do not wait for this answer."
)
ANAPHYLAXIS = (
    "If somebody is having a severe allergic reaction now, call the emergency number and follow the local emergency "
    "plan; do not wait for this answer."
)
SUICIDE = (
    "If you or somebody else may be about to end their life, call the emergency number or a crisis line now and do not "
    "stay alone with it."
)
DECLINED_HARM = "This asks how to harm somebody with a medicine or poison, so it is not answered."
DECLINED_SELF = "This asks for a way to end a life, so it is not answered."
DECLINED_ILLICIT = "This asks how to make an illegal drug, so it is not answered."

_WHO = (
    r"(?:i|he|she|they|we|patient|pt|child|toddler|baby|son|daughter|wife|husband|mother|father|man|woman|boy|girl"
    r"|\w+['’]s)"
)
_RECENT = (
    r"(?:just|now|right now|today|tonight|this (?:morning|afternoon|evening)|(?:minutes?|mins?|hours?|hrs?|h) ago)"
)
_TAKEN = r"(?:took|taken|swallowed|ingested|ate|eaten|drank|has had|injected)"

_EMERGENCIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    # "my son swallowed a whole bottle of iron tablets", "took 30 paracetamol 2 hours ago", "has overdosed on digoxin"
    (
        OVERDOSE,
        re.compile(
            rf"\b{_TAKEN}\b[^.?!]{{0,60}}\b(?:too many|too much|whole (?:bottle|box|pack)"
            r"|all (?:of )?(?:his|her|my|their|the)"
            rf"|an overdose|overdose|handful|accidentally|by accident|double dose)"
            rf"|\b(?:accidentally|mistakenly)\s+{_TAKEN}\b"
            rf"|\b{_TAKEN}\s+(?:about |around |over )?\d{{2,}}\s?g(?:rams?)?\b"
            rf"|\b{_TAKEN}\s+(?:about |around |over )?(?:\d{{2,}}|twenty|thirty|forty|fifty|sixty|a hundred)\s+"
            r"(?!mg|mcg|ml|g\b|units|%)[^.?!]{0,60}"
            rf"\b(?:{_RECENT}|tablets|pills|capsules)"
            rf"|\b{_WHO}\s+(?:has\s+|have\s+|had\s+|just\s+|may\s+have\s+|might\s+have\s+|is\s+)*overdos(?:ed|ing)\b"
            rf"|\boverdos\w+\b[^.?!]{{0,40}}\b{_RECENT}|\b{_RECENT}\b[^.?!]{{0,40}}\boverdos\w+",
            re.IGNORECASE,
        ),
    ),
    # "is having anaphylaxis", "throat is closing up after amoxicillin"
    (
        ANAPHYLAXIS,
        re.compile(
            r"\b(?:is|am|are|having|in|developing|into|going into|gone into|went into|has|with)\s+"
            r"(?:\w+\s+){0,2}?anaphyla(?:xis|ctic shock|ctic)\b"
            r"(?=[^.?!]*\b(?:now|right now|just|currently|minutes? ago)\b)"
            r"|\b(?:is|am|are)\s+(?:having|developing|in|going into)\s+(?:an?\s+)?anaphyla\w+"
            r"|\b(?:just\s+)?(?:gone|went)\s+into\s+anaphyla\w+"
            r"|\b(?:throat|tongue|airway)\s+(?:is\s+|are\s+)?(?:closing|swelling|swollen)\b"
            r"|\b(?:can['’]?t|cannot|unable to|struggling to)\s+breathe\b",
            re.IGNORECASE,
        ),
    ),
    # "I want to die", "my patient says she will kill herself"; not "does montelukast cause suicidal thoughts?"
    (
        SUICIDE,
        re.compile(
            r"\b(?:kill|hang|hurt|harm|poison)(?:ing)?\s+(?:myself|himself|herself|themselves)\b"
            r"|\b(?:want|wants|wanting|going|plan|plans|planning)\s+to\s+(?:die|end\s+(?:my|his|her|their|it)\b)"
            r"|\bend(?:ing)?\s+(?:my|his|her|their)\s+(?:own\s+)?life\b"
            r"|\b(?:i|he|she|they|patient|pt)\s+(?:am|is|are|feels?|seems?|became|was)\s+(?:\w+\s+)?suicidal\b"
            r"|\bi['’]m\s+(?:\w+\s+)?suicidal\b|\b(?:attempted|committing|commit)\s+suicide\b",
            re.IGNORECASE,
        ),
    ),
)

_PERSON = (
    r"(?:someone|somebody|a person|people|anyone|him|her|them"
    r"|(?:my|his|her|their|a|an|the|another|this|our)\s+(?:\w+[-\s]){0,2}?(?:wife|husband|spouse|partner|girlfriend|boyfriend"
    r"|ex|mother|father|mom|mum|dad|parents?|brother|sister|son|daughter|child|baby|kid|boss|neighbou?r|roommate|colleague"
    r"|co-?worker|teacher|friend|uncle|aunt|grandmother|grandfather|person|man|woman|guy|girl|patient|resident|enemy))"
    r"(?!['’]s)"
)
_WISH = (
    r"(?:how (?:to|do i|can i|could i|would i|should i|might i|do you|can you)"
    r"|(?:can|could|should|may) i|(?:i|we) (?:want|need|plan|would like|intend)(?:ed)? to|help me"
    r"|i['’]?(?:m| am) (?:going|planning) to|best (?:way|method|drug|poison|medicine) (?:to|for)"
    r"|(?:drug|poison|dose|medicine|pill|amount|something)s? (?:\w+ )?to|which \w+ (?:will|would|can)"
    r"|would (?:it|be) (?:take|needed|need|enough) to|(?:will|would) secretly)"
)
_DECLINES: tuple[tuple[str, re.Pattern[str]], ...] = (
    # "how to poison my wife without traces"; not "can digoxin kill a child?", not "lethal dose, toxicology consult"
    (
        DECLINED_HARM,
        re.compile(rf"\b{_WISH}[^.?!]{{0,40}}?\b(?:poison|kill|murder)(?:ing)?\s+{_PERSON}", re.IGNORECASE),
    ),
    (
        DECLINED_HARM,
        re.compile(
            rf"\b(?:poison|kill|murder|drug|sedate|overdose|harm|knock out|incapacitate)(?:ing)?\s+{_PERSON}"
            r"[^.?!]{0,60}\b"
            r"(?:without\s+(?:(?:a|any|leaving)\s+){0,2}(?:trace|traces|evidence|getting caught"
            r"|being (?:caught|detected)|(?:it|this|anything) being noticed"
            r"|(?:him|her|them|anyone|anybody|\w+)\s+(?:knowing|noticing|finding))|undetect\w+|untraceabl\w+|secretly"
            r"|look like an accident)",
            re.IGNORECASE,
        ),
    ),
    (
        DECLINED_HARM,
        re.compile(
            rf"\b{_WISH}[^.?!]{{0,40}}?\bspike\s+(?:\w+\s+)?(?:\w+['’]s\s+)?(?:drink|food|coffee|tea)"
            r"|\b(?:untraceable|undetectable)\s+(?:poison|murder|way to (?:kill|poison))",
            re.IGNORECASE,
        ),
    ),
    # To give somebody a medicine, or death, behind everybody's back: "so they die and nobody notices".
    (
        DECLINED_HARM,
        re.compile(
            r"\b(?:kill|die|dies|dead|murder|poison|food|drink|tea|coffee)\b[^.?!]{0,60}"
            r"\b(?:(?:nobody|no one|no-one|noone)\b[^.?!]{0,12}\b(?:notic\w+|know\w*|finds? out|suspects?)"
            r"|without\b[^.?!]{0,20}\b(?:notic\w+|know\w*|find\w* out|detect\w+))",
            re.IGNORECASE,
        ),
    ),
    # A method for oneself; the notice with the crisis line is shown with it.
    (
        DECLINED_SELF,
        re.compile(
            r"\b(?:how (?:many|much|to|do i|can i)|lethal|which|what|best|painless\w*|enough|easiest)\b[^.?!]{0,80}\b"
            r"(?:kill\s+(?:myself|himself|herself|themselves)|end\s+my\s+(?:own\s+)?life|commit\s+suicide)"
            r"|\bi\s+want\s+to\s+(?:die|end\s+(?:it|my))\b[^.?!]{0,60}\b(?:how\s+(?:many|much)|which|what)\b",
            re.IGNORECASE,
        ),
    ),
    (
        DECLINED_ILLICIT,
        re.compile(
            rf"\b{_WISH}[^.?!]{{0,30}}?\b(?:make|cook|synthesi[sz]e|extract|manufacture)\b[^.?!]{{0,40}}"
            r"\b(?:meth|methamphetamine|crystal meth|heroin|ghb|crack|mdma|ecstasy)\b",
            re.IGNORECASE,
        ),
    ),
)
# What is told to prevent, treat or discuss harm asks for none.
_PROTECTIVE = re.compile(
    r"\b(?:prevent\w*|avoid\w*|protect\w*|accident\w*|antidote|treat(?:ment|ing)?|without killing|how not to"
    r"|suspect\w*)\b",
    re.IGNORECASE,
)


def screen(text: str) -> Screened:
    """Mask the identifiers of a question, and say what must be shown first or why it is not answered. Never raises."""
    clean, kinds = masked(_storable(text))
    notices = tuple(notice for notice, pattern in _EMERGENCIES if pattern.search(clean))
    return Screened(clean, notices, tuple(kind.value for kind in kinds), _why_declined(clean))


def _storable(text: str) -> str:
    """Without characters that no database and no network connection can carry: NUL, other controls, half characters."""
    kept = (
        sign
        for sign in text
        if sign in "\n\t" or not (sign < " " or "\x7f" <= sign < "\xa0" or "\ud800" <= sign <= "\udfff")
    )
    return "".join(kept)


def _why_declined(text: str) -> str:
    if _PROTECTIVE.search(text) and "look like an accident" not in text.lower():
        return ""
    return next((reason for reason, pattern in _DECLINES if pattern.search(text)), "")
