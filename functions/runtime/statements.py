"""What of a statement cannot be put otherwise: its figures with their signs, and whether it denies.

Words that deny are known for each language that the analyzer knows and for those that their script
gives away. Where a verb's ending denies, as in Turkish, nothing is known of it.
"""

import re
import unicodedata
from typing import NamedTuple

from functions.runtime.lexical import detect_language, fold, plainly, tokens
from functions.runtime.stop_words import STOP_WORDS

CURRENCY = "$€£¥￥₹₩₽₺₫฿₴₪₦¢"
SEPARATORS = ".,٫٬\u00a0\u202f"
# A minus clings to its figure and to nothing before it: 5-10 and 50€–100€ are stretches, COVID-19 a
# name, and in 9:00 –17:00 a blank went astray.
FIGURE = re.compile(
    rf"(?P<bound>[<>≤≥])?\s?"
    rf"(?P<minus>(?<![\w)\]%‰°.,/'’″\"{CURRENCY}-])(?<![\d%{CURRENCY}]\s)[-−–](?=[{CURRENCY}]?\d)"
    rf"|\b[Mm]inus\s)?(?P<before>[{CURRENCY}])?\s?(?P<number>\d+(?:[{SEPARATORS}]\d+)*)"
    rf"(?:\s?(?P<after>[{CURRENCY}%‰])(?!\d))?"
)
THOUSANDS = re.compile(rf"\d{{1,3}}(?:[{SEPARATORS}]\d{{3}})+")
# What is not said of a figure: C++ is not C, and a > b not a < b.
SIGN = re.compile(r"(?<=\w)(?:\+\+|#)|[<>≤≥≠]")

_DENYING = {
    "english": "not no never none nobody nothing neither nor cannot without",
    "german": (
        "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder"
    ),
    "french": "ne n ni pas jamais aucun aucune rien sans",
    "spanish": "no ni nunca jamas sin ningun ninguna ninguno nadie nada tampoco",
    "italian": "non mai nessun nessuno nessuna senza niente nulla",
    "portuguese": "nao nem nunca jamais nenhum nenhuma sem ninguem nada",
    "dutch": "niet geen nooit niemand niets zonder noch",
    "swedish": "inte ej icke aldrig ingen inget inga utan",
    "danish": "ikke ej aldrig ingen intet uden",
    "norwegian": "ikke aldri ingen intet inga uten",
    "polish": "nie nigdy nikt nic zaden zadna zadne bez ani brak",
    "czech": "ne neni nejsou nikdy nikdo nic zadny zadna zadne bez ani nelze nesmi nemuze nema",
    "romanian": "nu nici niciun nicio niciodata nimeni nimic fara",
    "finnish": "ei en et emme ette eivat ala ilman koskaan",
    "turkish": "degil yok hic asla olmayan",
    "hungarian": "nem ne nincs nincsenek sem soha senki semmi nelkul tilos",
    "indonesian": "tidak bukan belum jangan tanpa tak",
    # Of every language in these scripts.
    "russian": (
        "не нет ни никогда никто ничего без нельзя немає ніколи ніхто нічого няма никой нищо није"
        " нису нема никада нико"
    ),
    "greek": "δεν δε μη μην χωρις κανεις κανενας τιποτα ουτε",
    "arabic": (
        "لا ولا فلا بلا ليس ليست وليس لم ولم لن ولن غير بدون دون عدم"
        # Persian and Urdu.
        " نيست نيستند هيچ نہيں"
    ),
    "hindi": "नहीं नही न मत बिना नाही",
    "tamil": "இல்லை அல்ல",
}
DENYING = {
    language: frozenset(fold(plainly(word)) for word in words.split())
    for language, words in _DENYING.items()
}
# The t is what is left of don't.
DENYING_ANYWHERE = frozenset("t").union(*DENYING.values())
# Spelled as in no other language, and without a language of their own in the analyzer.
_DENYING_IN_ITSELF = (
    "není nejsou không chưa chẳng đừng לא אין אינו אינה אינם בלי ללא אסור না নেই নয় নি లేదు కాదు లేరు"
)
DENYING_IN_ITSELF = frozenset(_DENYING_IN_ITSELF.split())
CONTRACTED = re.compile(r"n['’]t\b", re.IGNORECASE)
DENYING_SIGNS = re.compile(
    r"[不没沒未无無]|ない|ません|なかった|않|없|못하|아니(?!라|면)|아닙|ไม่|ບໍ່|ဘူး|មិន|គ្មាន"
)
# A Persian verb's beginning, as in نمی‌شود; Arabic spells its words with another letter.
DENYING_BEGINNING = re.compile(r"\bنمی\u200c?\w{2,}")
# They deny nothing: "not until 1902", "not only".
AFFIRMING = re.compile(
    r"\b(?:not (?:until|only|least)|no (?:later|less|more)|nicht nur)\b", re.IGNORECASE
)


class Figure(NamedTuple):
    """A number in one spelling, what it counts or how it is bounded where a sign says so."""

    number: str
    unit: str
    bound: str


def figures(text: str) -> list[Figure]:
    """Return a text's figures in their order, whatever their digits and separators."""
    return [_figure(found) for found in FIGURE.finditer(text)]


def _figure(found: re.Match[str]) -> Figure:
    plain = "".join(str(unicodedata.digit(sign, sign)) for sign in found["number"])
    joined = "" if THOUSANDS.fullmatch(plain) else "."
    number = re.sub(r"[^\d.]|\.", joined, plain)
    unit = unicodedata.normalize("NFKC", found["before"] or found["after"] or "")
    # "-20 %" takes off what "20 % off" does.
    is_negative = found["minus"] and unit not in {"%", "‰"}
    return Figure(
        number=f"-{number}" if is_negative else number, unit=unit, bound=found["bound"] or ""
    )


def numbers(text: str) -> frozenset[str]:
    """Return a text's numbers in one spelling."""
    return frozenset(figure.number for figure in figures(text))


def signs(text: str) -> list[str]:
    """Return the signs that tell names and comparisons apart, in their order."""
    return SIGN.findall(plainly(text))


def denies(sentence: str) -> bool:
    """Tell whether a sentence says that something is not so."""
    plain = AFFIRMING.sub(" ", plainly(sentence))
    if DENYING_SIGNS.search(plain) or CONTRACTED.search(plain):
        return True
    if DENYING_BEGINNING.search(sentence):
        return True
    words = [word for token in tokens(plain) for word in token.split("-")]
    if any(word.casefold() in DENYING_IN_ITSELF for word in words):
        return True
    language = detect_language(sentence) or "english"
    denying = DENYING.get(language, DENYING["english"])
    found = [word for word in map(fold, words) if word in denying]
    other = detect_language(" ".join(word for word in words if fold(word) not in denying))
    if other in {None, language}:
        return bool(found)
    # One word alone gives no language away: what is "not" in Romanian is "now" in Danish.
    return any(
        word in DENYING.get(other or "", ()) or other not in STOP_WORDS.get(word, ())
        for word in found
    )
