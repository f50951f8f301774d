"""The simulated Discord application of a laptop: who signs, and where its API is."""

from functions.local.home import Home
from functions.runtime.discord.signing import Signer

SIMULATOR_HOST = "discord.simulator"
SIMULATOR_API = f"http://{SIMULATOR_HOST}/api/v10"
# No application of Discord's has such a small id.
SIMULATED_APPLICATION = 1


def simulator_signer(home: Home) -> Signer:
    """Return the hand that signs what ``lore simulate`` sends."""
    return Signer(bytes.fromhex(home.secrets()["simulator_seed"]))
