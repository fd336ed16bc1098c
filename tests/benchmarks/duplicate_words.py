"""How reactions are told in the synthetic reports of `bench duplicates`.

`KNOWN` is what the product's own table holds. `OTHER` are wordings that it does not hold, so that the benchmark also
measures words it has never seen; a test keeps the two apart. `NEAR` are neighbours that reporters confuse.
"""

from __future__ import annotations

import yaml

from assistant.triage.duplicates.event_words import FILE

KNOWN: dict[str, tuple[str, ...]] = {
    name: tuple(words) for name, words in yaml.safe_load(FILE.read_text(encoding="utf-8"))["concepts"].items()
}

OTHER: dict[str, tuple[str, ...]] = {
    "rash": ("red spots all over", "huiduitslag", "erupção cutânea", "utslett", "wysypka", "blotchy skin"),
    "nausea": ("queasy all day", "misselijkheid", "náusea intensa", "kvalme", "nudności"),
    "vomiting": ("emesis", "overgeven", "oppkast", "wymioty", "brought up food"),
    "diarrhoea": ("the runs", "buikloop", "diareia", "biegunka", "loose bowels"),
    "headache": ("pounding head", "hoofdpijn", "dor de cabeça", "ból głowy", "cephalgia"),
    "dizziness": ("woozy", "duizeligheid", "tontura", "zawroty głowy", "giddiness"),
    "pruritus": ("scratching all night", "jeuk", "coceira", "świąd", "klåda"),
    "fatigue": ("worn out", "vermoeidheid", "cansaço", "zmęczenie", "no energy"),
    "pyrexia": ("febrile", "koorts", "febre alta", "gorączka", "burning up"),
    "dyspnoea": ("could not catch her breath", "benauwdheid", "falta de ar", "duszność", "air hunger"),
    "urticaria": ("wheals", "netelroos", "pokrzywka", "urticária", "weals on trunk"),
    "abdominal pain": ("gut ache", "buikpijn", "dor abdominal", "ból brzucha", "epigastric pain"),
    "seizure": ("tonic-clonic fit", "toeval", "convulsão", "drgawki", "epileptic attack"),
    "syncope": ("went down", "flauwvallen", "desmaio", "omdlenie"),
    "anaphylactic reaction": ("anafylaxie", "choque anafilático", "wstrząs anafilaktyczny", "severe allergic collapse"),
    "myalgia": ("sore muscles everywhere", "spierpijn", "dores musculares", "ból mięśni"),
    "arthralgia": ("achy joints", "gewrichtspijn", "dor nas articulações", "ból stawów"),
    "insomnia": ("awake all night", "slapeloosheid", "insónia", "bezsenność"),
    "somnolence": ("nodding off", "slaperigheid", "sonolência", "senność"),
    "confusional state": ("muddled", "verwardheid", "confusão mental", "splątanie", "disoriented"),
    "thrombocytopenia": ("platelets 18", "trombocytopenie", "plaquetas baixas", "małopłytkowość"),
    "neutropenia": ("neutrophils 0.4", "neutropenie ernstig", "neutropénia", "niski poziom neutrofili"),
    "hepatotoxicity": ("deranged lfts", "leverschade", "lesão hepática", "uszkodzenie wątroby"),
    "hypoglycaemia": ("sugar of 2.1", "lage bloedsuiker", "hipoglicemia grave", "niedocukrzenie"),
    "gastrointestinal haemorrhage": ("melaena", "maagbloeding", "sangramento digestivo", "black tarry stools"),
    "haemorrhage": ("oozing", "bloeding", "hemorragia ativa", "krwotok"),
    "angioedema": ("lips like balloons", "angio oedeem", "obrzęk naczynioruchowy", "swollen tongue"),
    "palpitations": ("fluttering in the chest", "hartkloppingen", "kołatanie serca"),
    "tremor": ("the shakes", "beven", "tremores nas mãos", "drżenie"),
    "hallucination": ("hearing voices", "waanbeelden", "omamy"),
    "depression": ("very down", "depressie", "depressão", "przygnębienie"),
    "cough": ("hacking", "hoesten", "kaszel", "tosse seca persistente"),
    "alopecia": ("bald patches", "haaruitval", "łysienie", "queda de cabelo"),
    "hyponatraemia": ("sodium 118", "laag natrium", "hiponatrémia"),
    "acute kidney injury": ("creatinine doubled", "nierfalen acuut", "lesão renal aguda", "ostra niewydolność nerek"),
    "rhabdomyolysis": ("ck 40000", "spierafbraak", "rabdomiólise"),
    "pancreatitis": ("lipase very high", "alvleesklierontsteking", "zapalenie trzustki"),
    "fall": ("ended up on the floor", "valpartij", "upadek"),
    "tachycardia": ("pulse 140", "hartjagen", "taquicardia sinusal"),
    "hypotension": ("bp 80/40", "lage bloeddruk", "niedociśnienie"),
}

NEAR = {
    "rash": "urticaria", "urticaria": "pruritus", "nausea": "vomiting", "dizziness": "vertigo", "fatigue": "asthenia",
    "syncope": "loss of consciousness", "anaphylactic reaction": "hypersensitivity", "hepatotoxicity": "hepatitis",
    "neutropenia": "leukopenia", "acute kidney injury": "renal impairment", "haemorrhage": "haematoma",
    "arrhythmia": "palpitations", "hypersensitivity": "rash", "abdominal pain": "dyspepsia",
    "angioedema": "face oedema",
}  # fmt: skip

COMMON = (
    (
        "nausea rash headache dizziness vomiting pruritus diarrhoea fatigue pyrexia dyspnoea urticaria pain_abdominal "
        "death asthenia malaise myalgia arthralgia hypersensitivity tremor insomnia"
    )
    .replace("pain_abdominal", "abdominal-pain")
    .split()
)
