"""Makes identifiers that belong to nobody: names of many origins, dates, numbers and addresses, as people type them."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

DATA = Path(__file__).parent / "identifier_data"
_MONTHS = "January February March April May June July August September October November December"
_SHORT = "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec"
_DOMAINS = "example.com gmail.com hospital.org yahoo.co.uk outlook.com clinic.net nhs.net med.edu mail.ru"
_FIRMS = "Inc Inc. LLC Ltd GmbH Corp Co Group Bank"
_STARTS = "b br c ch d dr f g gr h j k kl l m n p pr qu r s sh st t th tr v w y z"
_VOWELS, _ENDS = "a e i o u ai ea ie ou y", "n r s l t m ck nd rt x ng th ff"
# A digit for each #, a capital for each @, a blank for each underscore.
_NUMBERS = """
    ######## ####### @@-###### #@@-###### @@@-##### #@@###### ###-##-#### ########@ #####@@ @######## #####-@@
    ####-#### @@-####### ###-###-### @@@@#### ##### ########## 4############### 5###-####-####-#### @@##@@####
    @@@@-@#@-#### ##-######-# #@@#### ############ @@# #@@ @@##_@@@ @@@-#### SN-@#####@ @@@######### #@@@###
    GB##@@@@############## DE#################### 1@@@@@@@#@####### ###_###_#### @@######@ #@#@-###### ###-######
    @@-##-#### ######-### ######### ###### @@@-########@@ ID-###### PT###### 37############# ####_####_####_####
"""
_PHONES = """
    ###-###-#### (###)_###-#### ###-555-#### +1_###_###_#### +1-###-###-#### ###.###.#### 020_####_#### 07###_######
    +44_20_####_#### 0####_###### +49_30_####### 0#_##_##_##_## +33_#_##_##_##_## 0#.##.##.##.## +91_#####_#####
    ########## (##)_###-### ###-###-####x#### 001-###-###-#### +234_80#_###_#### ##_##_##_## +61_4##_###_###
    0##_###_##_## 1-800-###-#### (0##)_###-#### ###-#### ###_####_#### ###_##_### +86_1##_####_#### 0##-####
    (###)###-#### ###_###_#### ####_##_##_## ##-##-##-##
"""


@dataclass(frozen=True)
class Lists:
    """The words that values are made of: names by origin as (given, family), and lists of places by kind."""

    names: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    places: Mapping[str, tuple[str, ...]]


def load_lists() -> Lists:
    """The lists of `identifier_data/names.yaml` and `places.yaml`."""
    origins = TypeAdapter(dict[str, dict[str, str]]).validate_python(_yaml("names.yaml"))
    places = TypeAdapter(dict[str, str]).validate_python(_yaml("places.yaml"))
    return Lists(
        tuple((_words(each["given"]), _words(each["family"])) for each in origins.values()),
        {kind: _words(words) for kind, words in places.items()},
    )


def _yaml(name: str) -> object:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


@cache
def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


class Maker:
    """Makes one value after another; the same seed makes the same values."""

    def __init__(self, lists: Lists, chance: random.Random) -> None:
        self._lists, self._chance = lists, chance
        self.slots: Mapping[str, tuple[str, Callable[[], str]]] = {
            "NAME": ("NAME", self.name),
            "LAST": ("NAME", self.last),
            "LASTFIRST": ("NAME", self.last_first),
            "HOSPITAL": ("HOSPITAL", self.hospital),
            "PLACE": ("PLACE", self.place),
            "ADDRESS": ("ADDRESS", self.address),
            "STREET": ("ADDRESS", self.street),
            "DATE": ("DATE", self.date),
            "ID": ("ID", self.number),
            "PHONE": ("PHONE", self.phone),
            "WEB": ("WEB", self.web),
            "ORG": ("ORG", self.employer),
        }

    def one(self, kind: str) -> str:
        """A word of the list of places of this kind."""
        return self._chance.choice(self._lists.places[kind])

    def digits(self, pattern: str) -> str:
        """The pattern with a digit for each #, a capital for each @."""
        signs = {"#": string.digits, "@": string.ascii_uppercase}
        return "".join(self._chance.choice(signs[sign]) if sign in signs else sign for sign in pattern)

    def given(self) -> str:
        """A given name."""
        return self._invented() if self._chance.random() < 0.08 else self._chance.choice(self._origin()[0])

    def last(self) -> str:
        """A family name, sometimes one of two parts or one that nobody has yet."""
        draw = self._chance.random()
        if draw < 0.12:
            return self._invented()
        family = self._chance.choice(self._origin()[1])
        return f"{family}-{self._chance.choice(self._origin()[1])}" if draw < 0.16 else family

    def name(self) -> str:
        """A person, as people write them: in full, with initials, a title, or one name only."""
        initial, other = self.digits("@"), self.digits("@")
        forms = (
            (30, lambda: f"{self.given()} {self.last()}"),
            (14, lambda: f"{self.given()} {initial}."),
            (14, lambda: self.given()),
            (10, lambda: self.last()),
            (8, lambda: f"{self.given()} {initial}. {self.last()}"),
            (4, lambda: f"{self.given()} {initial} {self.last()}"),
            (8, lambda: f"{self._chance.choice(('Dr.', 'Dr', 'Mr.', 'Mrs.', 'Ms.', 'Prof.'))} {self.last()}"),
            (4, lambda: f"Dr. {self.given()} {self.last()}"),
            (4, lambda: f"{initial}. {self.last()}"),
            (2, lambda: f"{initial}.{other}."),
            (2, lambda: f"{initial}. {other}. {self.last()}"),
            (3, lambda: f"{self.given()} {self.given()} {self.last()}"),
            (2, lambda: f"{self.given()}-{self.given()} {self.last()}"),
            (2, lambda: f"{self.given()} {self.last()} {self._chance.choice(('Jr.', 'Sr.', 'II', 'III'))}"),
            (4, lambda: f"{self.given()} {initial}"),
        )
        return self._drawn(forms)

    def last_first(self) -> str:
        """As in lists: the family name first."""
        return f"{self.last()}, {self.given()}" + self._chance.choice(("", "", f" {self.digits('@')}."))

    def town(self) -> str:
        """A town, real or made up."""
        if self._chance.random() < 0.35:
            return (self.one("town_starts") + self.one("town_ends")).replace("  ", " ")
        return self.one("cities")

    def place(self) -> str:
        """A place smaller than a state, sometimes with its state, or a postal code."""
        forms = (
            (50, self.town),
            (16, lambda: f"{self.town()}, {self.one('states')}"),
            (6, lambda: self.one("counties")),
            (5, lambda: self.digits("#####")),
            (4, lambda: f"{self.one('states')} {self.digits('#####')}"),
            (
                3,
                lambda: self.digits(self._chance.choice(("@@# #@@", "@## #@@", "@# #@@", "@#@ #@#", "### ##", "####"))),
            ),
            (4, lambda: f"{self.town()}, {self.one('states')} {self.digits('#####')}"),
        )
        return self._drawn(forms)

    def hospital(self) -> str:
        """A site of care."""
        forms = (
            (18, lambda: f"{self.town()} {self.one('site_kinds')}"),
            (16, lambda: f"{self.one('site_words')} {self.one('site_kinds')}"),
            (12, lambda: f"St. {self.one('saints')}'s" + self._chance.choice(("", f" {self.one('site_kinds')}"))),
            (4, lambda: f"Saint {self.one('saints')} {self.one('site_kinds')}"),
            (18, lambda: self.one("famous")),
            (6, lambda: f"{self.one('famous')} {self.one('site_kinds')}"),
            (5, lambda: f"{self.last()} {self.one('site_kinds')}"),
            (4, lambda: f"Children's Hospital of {self.town()}"),
            (4, lambda: f"Children's Hospital {self.town()}"),
            (5, lambda: f"{self.one('site_kinds')} in {self.town()}, {self.one('states')}"),
            (4, lambda: f"University of {self.town()} {self.one('site_kinds')}"),
            (5, lambda: f"{self.one('famous')}, {self.town()}"),
            (3, lambda: f"{self.one('site_words')} Ward"),
            (2, lambda: self.digits("@@@") + self._chance.choice((" hospital", " Medical Center", ""))),
        )
        return self._drawn(forms)

    def employer(self) -> str:
        """An employer or another organisation that a person belongs to."""
        forms = (
            (30, lambda: self.one("employers")),
            (10, lambda: self.one("organisations")),
            (20, lambda: f"{self.last()} {self._chance.choice(_words(_FIRMS))}"),
            (10, lambda: f"{self.last()}, {self.last()} and {self.last()}"),
            (10, lambda: f"{self.last()}-{self.last()}"),
            (12, lambda: self._invented() + self._chance.choice(("", " Software", " Foods", " Partners", " Capital"))),
        )
        return self._drawn(forms)

    def street(self) -> str:
        """A street with its number."""
        number = str(self._chance.randint(1, 9999 if self._chance.random() < 0.4 else 250))
        draw = self._chance.random()
        if draw < 0.3:
            return self.one("foreign_streets").replace("#", number)
        name = self._chance.choice((self.last, self._invented, lambda: self.one("town_starts"), self.given))()
        if draw < 0.42:
            return (
                f"{self._invented()}{self._chance.choice(('vej', 'gata', 'strasse', 'gatan', 'weg', 'laan'))} {number}"
            )
        ordinal = self._chance.choice((name, name, f"{self._chance.randint(1, 120)}th", "Main", "Elm", "Church"))
        return f"{number} {self._chance.choice(('', '', 'N. ', 'West '))}{ordinal} {self.one('streets')}"

    def address(self) -> str:
        """An address, whole or in part, on one line or several."""
        line = self._chance.choice((", ", ", ", "\n", " ", "\n "))
        parts = [self.street()]
        if self._chance.random() < 0.35:
            parts.append(f"{self._chance.choice(('Apt.', 'Apt', 'Suite', 'Unit', 'Flat', '#'))} {self.digits('###')}")
        if self._chance.random() < 0.6:
            parts.append(self.place())
        if self._chance.random() < 0.15:
            parts.append(self._chance.choice(("United States", "Canada", "Norway", "South Africa", "UK", "Germany")))
        if self._chance.random() < 0.06:
            parts = [f"PO Box {self.digits('###')}", *parts[1:]]
        return line.join(parts)

    def date(self) -> str:
        """A date with more than its year, in one of the forms of several countries."""
        long, short = self._chance.choice(list(zip(_words(_MONTHS), _words(_SHORT), strict=True)))
        month = self._chance.choice((long, long, short, f"{short}."))
        day, number, year = self._chance.randint(1, 28), self._chance.randint(1, 12), self._chance.randint(1925, 2027)
        suffix = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}.get(day, "th")
        forms = (
            (14, lambda: f"{month} {day}, {year}"),
            (14, lambda: f"{month} {day}{suffix}, {year}"),
            (6, lambda: f"{month} {day}{suffix} {year}"),
            (6, lambda: f"{month} {day} {year}"),
            (8, lambda: f"{month} {day}{suffix}"),
            (6, lambda: f"{month} {day}"),
            (6, lambda: f"{day} {month} {year}"),
            (4, lambda: f"{day}{suffix} of {month} {year}"),
            (5, lambda: f"{day} {month}"),
            (8, lambda: f"{number:02}/{day:02}/{year}"),
            (5, lambda: f"{number}/{day}/{year % 100:02}"),
            (5, lambda: f"{day}.{number}.{year}"),
            (5, lambda: f"{year}-{number:02}-{day:02}"),
            (3, lambda: f"{day:02}-{short}-{year}"),
            (3, lambda: f"{number}/{day}"),
            (6, lambda: f"{month} {year}"),
            (2, lambda: f"{year}-{number:02}-{day:02} {self.digits('1#:3#')}:{self.digits('2#')}"),
            (2, lambda: f"{day:02}{short.upper()}{year}"),
            (2, lambda: f"{number:02}/{year}"),
            (2, lambda: self._chance.choice(("Christmas", "Thanksgiving", "New Year's Eve")) + f" {year}"),
        )
        return self._drawn(forms)

    def number(self) -> str:
        """A number that identifies a person, a record, an account or a thing that belongs to a person."""
        return self.digits(self._chance.choice(_words(_NUMBERS)))

    def phone(self) -> str:
        """A telephone or fax number of one of several countries."""
        return self.digits(self._chance.choice(_words(_PHONES)))

    def web(self) -> str:
        """An e-mail address, a link, a picture or a network address of a person."""
        who = (self.given()[:1] + self.last()).lower().replace(" ", "")
        forms = (
            (30, lambda: f"{who}{self.digits('#')}@{self._chance.choice(_words(_DOMAINS))}"),
            (
                15,
                lambda: f"{self.given().lower()}.{self.last().lower()}@{self._chance.choice(_words(_DOMAINS))}".replace(
                    " ", ""
                ),
            ),
            (
                12,
                lambda: f"https://{self._chance.choice(('www.', '', 'portal.'))}{self._invented().lower()}.com/p/{who}",
            ),
            (6, lambda: f"www.{self._invented().lower()}.org"),
            (6, lambda: f"http://{self._invented()}.{self._chance.choice(('se', 'fr', 'com.au', 'pl', 'ch'))}/"),
            (8, lambda: ".".join(str(self._chance.randint(1, 254)) for _ in range(4))),
            (5, lambda: f"{who}_face.jpg"),
            (4, lambda: f"IMG_{self.digits('####')}.png"),
            (3, lambda: f"@{who}"),
        )
        return self._drawn(forms)

    def _drawn(self, forms: tuple[tuple[int, Callable[[], str]], ...]) -> str:
        return self._chance.choices([make for _, make in forms], [weight for weight, _ in forms])[0]()

    def _origin(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """English names as often as all others together: most questions will be from English-speaking wards."""
        names = self._lists.names
        return names[0] if self._chance.random() < 0.45 else self._chance.choice(names[1:])

    def _invented(self) -> str:
        """A word that nobody has seen, so that a name is known by its place in the sentence."""
        syllables = self._chance.choice((1, 2, 2, 3))
        parts = [self._chance.choice(_words(_STARTS)) + self._chance.choice(_words(_VOWELS)) for _ in range(syllables)]
        return ("".join(parts) + self._chance.choice(_words(_ENDS))).capitalize()
