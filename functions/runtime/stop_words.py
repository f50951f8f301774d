"""Everyday words that give a language away; written without accents, as the analyzer folds."""

_BY_LANGUAGE = {
    "english": (
        "the of and to in is was for that with as by on are from at which be this it were an or"
        " has had have not what who how when where why does did do can many much his her their its"
        " you your they we will would should there"
    ),
    "german": (
        "der die das und ist in den von zu mit im fur auf des dem ein eine einer eines sich nicht"
        " als auch es an werden wird aus bei nach wurde war wie was wer wo wann warum welche"
        " welcher welches sind ich wir sie ihr oder kann uber zum zur hat haben ubers"
    ),
    "french": (
        "le la les de des du et un une est dans que qui en pour par sur au aux avec ce cette il"
        " elle sont plus pas ne se son sa ses ou quel quelle quels quelles comment combien quand"
        " pourquoi nous vous je a ete etait leur"
    ),
    "spanish": (
        "el la los las de del y en que un una es por con para se no su al lo como mas fue son pero"
        " sus le ya este esta entre cuando cual cuales quien donde cuanto cuantos ha era muy sobre"
    ),
    "italian": (
        "il lo la i gli le di del della dei delle e in che un una per con non si da al nel nella"
        " sono come piu ma anche era fu quale quali chi dove quando quanto quanti cosa perche alla"
    ),
    "portuguese": (
        "o a os as de do da dos das e em que um uma para com nao por se no na nos nas ao mais foi"
        " como mas ou sao seu sua quem qual quais onde quando quanto quantos porque pelo pela"
    ),
    "dutch": (
        "de het een en van in is dat op te zijn met voor niet aan er om ook als bij door maar uit"
        " wat wie hoe waar wanneer waarom welke was werd worden hebben heeft naar deze dit"
    ),
    "swedish": (
        "och att det som en ett av for med den till inte om pa ar var sig men har hade vad vem hur"
        " nar varfor vilken vilket vilka eller fran kan ska"
    ),
    "danish": (
        "og at det som en et af for med den til ikke om pa er var sig men har havde hvad hvem"
        " hvordan hvornar hvorfor hvilken hvilket eller fra kan skal ved"
    ),
    "norwegian": (
        "og at det som en et av for med den til ikke om pa er var seg men har hadde hva hvem"
        " hvordan nar hvorfor hvilken hvilket eller fra kan skal ved"
    ),
    "finnish": (
        "ja on ei se etta oli mika kuka missa milloin miksi miten kuinka kun mutta tai joka ovat"
        " ole hanen sen han niin myos"
    ),
    "polish": (
        "i w na z sie nie do to jest ze o a jak ale co kto gdzie kiedy dlaczego ktory ktora ktore"
        " po od dla przez byl byla jego sa oraz"
    ),
    "turkish": (
        "ve bir bu da de icin ile ne kim nasil nerede neden hangi olarak olan daha gibi ama en cok"
        " kadar sonra degil mi"
    ),
    "romanian": (
        "si de la in cu pe un o este care din nu pentru ce cine unde cand cum mai sau au fost sunt"
        " al ale lui prin"
    ),
    "hungarian": (
        "a az es hogy nem egy is van volt meg mi ki hol mikor miert hogyan melyik de ezt azt csak"
        " vagy mint"
    ),
    "indonesian": (
        "yang dan di dari untuk dengan pada adalah ini itu ke tidak dalam apa siapa bagaimana"
        " kapan mengapa oleh atau akan"
    ),
    "czech": (
        "a v se na je ze s z do to i o k jak ale za co kdo kde kdy proc ktery ktera ktere byl byla"
        " jeho jsou pro"
    ),
}


def _languages_by_word() -> dict[str, tuple[str, ...]]:
    languages: dict[str, list[str]] = {}
    for language, words in _BY_LANGUAGE.items():
        for word in words.split():
            languages.setdefault(word, []).append(language)
    return {word: tuple(names) for word, names in languages.items()}


STOP_WORDS = _languages_by_word()
