"""One name for one active ingredient: "Metformin Hydrochloride" and "METFORMIN" are both metformin."""

from __future__ import annotations

import re
from functools import lru_cache

# Words of salts, esters, hydrates and forms that a label adds to the name of an ingredient. A salt that is itself the
# medicine ("lithium carbonate", "sodium bicarbonate") keeps its first word, because only words after the first go.
_SALT_WORDS = """
    acetate acetonide adipate anhydrous arginine ascorbate aspartate axetil benzathine benzoate besylate besilate
    bisulfate bitartrate bromide butyrate calcium camsylate carbonate chloride chlorhydrate choline cilexetil citrate
    cypionate decanoate dihydrate dihydrochloride dimesylate dinitrate dipropionate disodium disoproxil edisylate
    enanthate erbumine esylate estolate ethylsuccinate etabonate etexilate extended fumarate furoate gluceptate
    gluconate glucuronate hcl hemifumarate hemihydrate heptahydrate hexahydrate hyclate hydrate hydrobromide
    hydrochloride hydrogen isethionate lactate lactobionate lysine magnesium malate maleate medoxomil meglumine
    mesylate mofetil monohydrate mononitrate monosodium napsylate nitrate oxalate pamoate pentahydrate phosphate
    pivoxil polistirex potassium proxetil propionate saccharate salicylate sesquihydrate sodium stearate succinate
    sulfate sulphate tartrate tetrahydrate tosylate trihydrate trihydrochloride tromethamine valerate xinafoate
    zinc
"""
SALTS = frozenset(_SALT_WORDS.split())
# Two ingredients whose salt is the medicine's identity: dropping the word would merge different medicines.
_KEEP = frozenset(
    {"isosorbide", "potassium", "sodium", "calcium", "magnesium", "lithium", "zinc", "ferrous", "aluminum"}
)
_SPACE = re.compile(r"[\s,]+")


@lru_cache(maxsize=65536)
def base_name(name: str) -> str:
    """The ingredient's name in lower case, without the words of its salt or hydrate ("" for an empty name)."""
    words = [word for word in _SPACE.split(name.lower().strip()) if word]
    if not words or words[0] in _KEEP:
        return " ".join(words)
    while len(words) > 1 and words[-1].strip("()") in SALTS:
        words.pop()
    return " ".join(words)
