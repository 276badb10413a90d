"""Singular and plural made one, and nothing else: no stemming.

A stemmer finds too much (`tokenizer` would find every *token*), and plural libraries fail on this field's
words (*bia* of bias, *len* of lens), so the rules stand here.
"""

# ruff: noqa: SIM905 - lists of words read best as text

from __future__ import annotations

from functools import lru_cache
from typing import Final

# Words that end like a plural and are none, or whose singular is another word (new, good, canva).
_ONLY_LOOK_PLURAL: Final = frozenset(
    """
    news series species lens gas data gps tts bias alias atlas canvas chaos cosmos ethos pathos kudos
    asbestos pancreas christmas texas kansas arkansas mars does goes always perhaps besides sometimes
    afterwards whereas nowadays overseas alas yes ours yours theirs hers goods odds https pants pajamas
    williams adams roberts edwards richards stevens peters phillips matthews andrews evans daniels
    michaels simons jacobs rogers
    """.split()
)

_TRUE_ICS_PLURALS: Final = frozenset({"metrics", "topics", "critics", "heuristics", "characteristics"})

_IRREGULAR: Final = {
    "matrices": "matrix",
    "indices": "index",
    "vertices": "vertex",
    "vortices": "vortex",
    "cortices": "cortex",
    "simplices": "simplex",
    "codices": "codex",
    "helices": "helix",
    "apices": "apex",
    "appendices": "appendix",
    "axes": "axis",
    "analyses": "analysis",
    "hypotheses": "hypothesis",
    "theses": "thesis",
    "syntheses": "synthesis",
    "parentheses": "parenthesis",
    "prostheses": "prosthesis",
    "crises": "crisis",
    "diagnoses": "diagnosis",
    "prognoses": "prognosis",
    "neuroses": "neurosis",
    "psychoses": "psychosis",
    "metastases": "metastasis",
    "symbioses": "symbiosis",
    "metamorphoses": "metamorphosis",
    "paralyses": "paralysis",
    "catalyses": "catalysis",
    "electrolyses": "electrolysis",
    "emphases": "emphasis",
    "oases": "oasis",
    "corpora": "corpus",
    "genera": "genus",
    "criteria": "criterion",
    "phenomena": "phenomenon",
    "automata": "automaton",
    "polyhedra": "polyhedron",
    "tetrahedra": "tetrahedron",
    "ganglia": "ganglion",
    "mitochondria": "mitochondrion",
    "taxa": "taxon",
    "spectra": "spectrum",
    "optima": "optimum",
    "minima": "minimum",
    "maxima": "maximum",
    "extrema": "extremum",
    "continua": "continuum",
    "momenta": "momentum",
    "quanta": "quantum",
    "bacteria": "bacterium",
    "strata": "stratum",
    "symposia": "symposium",
    "curricula": "curriculum",
    "errata": "erratum",
    "desiderata": "desideratum",
    "schemata": "schema",
    "lemmata": "lemma",
    "stigmata": "stigma",
    "stimuli": "stimulus",
    "foci": "focus",
    "loci": "locus",
    "nuclei": "nucleus",
    "radii": "radius",
    "moduli": "modulus",
    "calculi": "calculus",
    "fungi": "fungus",
    "cacti": "cactus",
    "syllabi": "syllabus",
    "alumni": "alumnus",
    "tori": "torus",
    "formulae": "formula",
    "antennae": "antenna",
    "larvae": "larva",
    "nebulae": "nebula",
    "supernovae": "supernova",
    "vertebrae": "vertebra",
    "biases": "bias",
    "aliases": "alias",
    "atlases": "atlas",
    "canvases": "canvas",
    "gases": "gas",
    "lenses": "lens",
    "irises": "iris",
    "children": "child",
    "women": "woman",
    "feet": "foot",
    "teeth": "tooth",
    "mice": "mouse",
    "geese": "goose",
    "oxen": "ox",
    "leaves": "leaf",
    "halves": "half",
    "wolves": "wolf",
    "knives": "knife",
    "shelves": "shelf",
    "wives": "wife",
    "thieves": "thief",
    "calves": "calf",
    "loaves": "loaf",
    "scarves": "scarf",
    "elves": "elf",
    "selves": "self",
    "heroes": "hero",
    "superheroes": "superhero",
    "potatoes": "potato",
    "tomatoes": "tomato",
    "echoes": "echo",
    "vetoes": "veto",
    "torpedoes": "torpedo",
    "volcanoes": "volcano",
    "mosquitoes": "mosquito",
    "zeroes": "zero",
    "quizzes": "quiz",
    # -es behind a single s; elsewhere -uses, -ases and the like are -e with an s.
    "viruses": "virus",
    "statuses": "status",
    "bonuses": "bonus",
    "campuses": "campus",
    "censuses": "census",
    "choruses": "chorus",
    "circuses": "circus",
    "consensuses": "consensus",
    "corpuses": "corpus",
    "focuses": "focus",
    "geniuses": "genius",
    "nexuses": "nexus",
    "octopuses": "octopus",
    "prospectuses": "prospectus",
    "radiuses": "radius",
    "sinuses": "sinus",
    "surpluses": "surplus",
    "syllabuses": "syllabus",
    "thesauruses": "thesaurus",
    "minuses": "minus",
    "pluses": "plus",
    "apparatuses": "apparatus",
    "coronaviruses": "coronavirus",
    "buses": "bus",
    "minibuses": "minibus",
}

# Endings of the table that compounds share (submatrices, metaanalyses); long enough to end no other word.
_IRREGULAR_ENDINGS: Final = tuple(
    """
    matrices vertices indices analyses hypotheses corpora phenomena criteria automata spectra children women
    biases lenses viruses syntheses appendices
    """.split()
)
_UNCHANGING_ENDINGS: Final = ("lens", "bias", "series", "species")

# Words in -ie and -che, whose plurals look like those of words in -y and -ch.
_IE: Final = frozenset(
    """
    movies cookies calories kilocalories zombies genies selfies rookies prairies smoothies newbies
    indies hoodies brownies veggies foodies junkies techies hippies sorties talkies magpies neckties
    goalies eyries
    """.split()
)
_CHE_ENDINGS: Final = tuple(
    """
    caches niches cliches psyches avalanches tranches creches apaches headaches toothaches heartaches
    backaches moustaches quiches pastiches
    """.split()
)

# Acronyms as met without their capitals: `gpus` ends in -us, `apis` in -is, yet both are plurals.
ACRONYMS: Final = frozenset(
    """
    llm vlm mllm lmm slm vllm vla gan vae cnn rnn gnn mlp lstm ssm moe gpu cpu tpu npu ipu dpu fpu api
    gui kpi mri roi poi bci doi gru asic fpga agi nlp lora sae iou
    """.split()
)


# The letters that plurals end in; a word with another is its own singular, and is most words.
_PLURAL_ENDS: Final = frozenset("s") | {plural[-1] for plural in _IRREGULAR}


def fold(word: str) -> str:
    """The singular of a lower-case word; a word that is no plural comes back as it is.

    Folding what is folded changes nothing.
    """
    return _fold(word) if word[-1:] in _PLURAL_ENDS else word


@lru_cache(maxsize=65536)
def _fold(word: str) -> str:
    while True:
        folded = _singular(word)
        if folded == word:
            return word
        word = folded


@lru_cache(maxsize=65536)
def numbers(word: str) -> tuple[str, ...]:
    """A folded word and its plurals: whatever it may be as a part of a compound (*sales* in *Salesforce*)."""
    regular = (word + "s", word + "es", word[:-1] + "ies")
    irregular = (plural for plural, singular in _IRREGULAR.items() if singular == word)
    return (word, *(plural for plural in regular if fold(plural) == word), *irregular)


def _singular(word: str) -> str:  # noqa: PLR0911 - one return a rule
    if len(word) <= 3:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(_IRREGULAR_ENDINGS):
        ending = next(ending for ending in _IRREGULAR_ENDINGS if word.endswith(ending))
        return word.removesuffix(ending) + _IRREGULAR[ending]
    if not word.endswith("s") or word in _ONLY_LOOK_PLURAL or word.endswith(_UNCHANGING_ENDINGS):
        return word
    if word[:-1] in ACRONYMS:
        return word[:-1]
    if word.endswith(("ss", "us", "is")) or (word.endswith("ics") and word not in _TRUE_ICS_PLURALS):
        return word
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 or word in _IE else word[:-3] + "y"
    if word.endswith(("sses", "xes", "shes", "zzes")) or (
        word.endswith("ches") and not word.endswith(_CHE_ENDINGS) and word != "aches"
    ):
        return word[:-2]
    return word[:-1]
