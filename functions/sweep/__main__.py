from functions.runtime.server import serve
from functions.sweep.main import build

if __name__ == "__main__":
    serve("sweep", build, required=("database_url", "event_sink"))
