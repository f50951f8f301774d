from functions.ingest.main import build
from functions.runtime.server import serve

if __name__ == "__main__":
    serve("ingest", build, required=("database_url", "secret_key"))
