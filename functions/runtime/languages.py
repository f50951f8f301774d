"""Which Snowball stemmer reads a language, by its ISO 639-1 code."""

# Analysed without stemming: Snowball knows no such language.
UNSTEMMED = "unstemmed"
_PAIRS = (
    "ar=arabic ca=catalan cs=czech da=danish de=german el=greek en=english eo=esperanto es=spanish"
    " et=estonian eu=basque fa=persian fi=finnish fr=french ga=irish hi=hindi hu=hungarian"
    " hy=armenian id=indonesian it=italian lt=lithuanian ne=nepali nl=dutch no=norwegian pl=polish"
    " pt=portuguese ro=romanian ru=russian sr=serbian sv=swedish ta=tamil tr=turkish"
)
STEMMERS = dict(pair.split("=") for pair in _PAIRS.split())


def stemmer_of(code: str | None) -> str | None:
    """Return the analyzer's language for a document's; None where it has to be guessed."""
    return None if code is None else STEMMERS.get(code, UNSTEMMED)
