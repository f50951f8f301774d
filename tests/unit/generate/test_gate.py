import re

from db.models.people import Guild
from functions.generate.gate import LEAST_EVIDENCE, least_evidence


def test_every_setting_a_guild_may_have_is_known() -> None:
    [check] = [
        constraint.sqltext.text
        for constraint in Guild.__table__.constraints
        if constraint.name == "guild_gate"
    ]
    assert set(re.findall(r"'(\w+)'", check)) == LEAST_EVIDENCE.keys()


def test_the_stricter_a_guild_is_the_more_evidence_it_wants() -> None:
    assert 0 < least_evidence("eager") < least_evidence("balanced") < least_evidence("strict") < 1
