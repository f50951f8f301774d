from functions.runtime.server import serve
from gateway.main import REQUIRED, build

if __name__ == "__main__":
    serve("gateway", build, required=REQUIRED)
