"""One name for one active ingredient: "Metformin Hydrochloride" and "METFORMIN" are both metformin."""

from __future__ import annotations

import re
from functools import lru_cache

# Words of salts, esters, hydrates and origins that a label adds to the name of an ingredient.
_SALT_WORDS = """
    acetate acetonide adipate anhydrous arginine ascorbate aspartate axetil benzathine benzoate besylate besilate
    bisulfate bitartrate bromide butyrate calcium camsylate carbonate chloride choline cilexetil citrate cypionate
    decanoate diacetate difumarate dihydrate dihydrochloride dimeglumine dimesylate diphosphate dipivoxil dipotassium
    dipropionate disodium ditosylate edisylate enanthate erbumine esylate estolate ethylsuccinate etabonate etexilate
    etiprate extended fosamil fumarate furoate gluceptate gluconate hcl hemifumarate hemihydrate heptahydrate
    hexahydrate hippurate hyclate hydrate hydrobromide hydrochloride isethionate kamedoxomil lactate lactobionate lysine
    magnesium malate maleate marboxil medoxomil meglumine mepesuccinate mesylate methylsulfate mofetil monohydrate
    mononitrate monosodium napsylate nitrate oxalate palmitate pamoate pentahydrate phosphate pivalate pivoxil
    polistirex potassium proxetil propionate recombinant saccharate salicylate sesquihydrate sodium stearate succinate
    sulfate sulphate synthetic tartrate tetrahydrate tosylate trihydrate trihydrochloride tromethamine valerate
    xinafoate zinc
"""
SALTS = frozenset(_SALT_WORDS.split())
# First words that name nothing without the second: dropping that would merge different medicines.
_HALF_NAMES = """
    aluminum ammonium amyl barium benzyl bismuth calcium choline dimethyl ethyl ferric ferrous isosorbide magnesium
    methyl monomethyl phenyl potassium silver sodium zinc
"""
_HALVES = frozenset(_HALF_NAMES.split())
_SPACE = re.compile(r"[\s,]+")
# The four letters that FDA adds to a biological product's name (guidance "Nonproprietary Naming of Biological
# Products", 2017). They carry no meaning and follow the name of a protein, so these endings of proteins come before.
_SUFFIX = re.compile(
    r"(mab|cept|stim|grastim|alfa|ase|kin|min|tropin|pacitan|fusp|glargine|lispro|aspart|toxina"
    r"|mafodotin|vedotin|deruxtecan|tesirine|soravtansine|pasudotox|govitecan|pegol|histolyticum|2b|\(recombinant\))"
    r"-[a-z]{4}$"
)


@lru_cache(maxsize=65536)
def base_name(name: str) -> str:
    """The ingredient's name in lower case, without the words of its salt or hydrate ("" for an empty name).

    >>> base_name("Metformin Hydrochloride"), base_name("natalizumab-sztn"), base_name("DIMETHYL FUMARATE")
    ('metformin', 'natalizumab', 'dimethyl fumarate')
    """
    words = [word for word in _SPACE.split(name.lower().replace("fumaric acid", "fumarate").strip()) if word]
    if not words:
        return ""
    while len(words) > 1 and words[-1].strip("()") in SALTS and not (len(words) == 2 and words[0] in _HALVES):
        words.pop()
    return _SUFFIX.sub(r"\1", " ".join(words))
