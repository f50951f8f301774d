from functions.runtime.server import serve
from functions.search.main import build

if __name__ == "__main__":
    serve("search", build, required=("database_url",))
