from functions.discord.main import REQUIRED, build
from functions.runtime.server import serve

if __name__ == "__main__":
    serve("discord", build, required=REQUIRED)
