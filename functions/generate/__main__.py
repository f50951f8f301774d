from functions.generate.main import build
from functions.runtime.server import serve

if __name__ == "__main__":
    serve("generate", build, required=("database_url", "secret_key"), warms_up=True)
