"""Search behind a private API Gateway.

It believes the guild it is told, so only our own functions may be allowed to call it.
"""

from functions.runtime.lambda_adapter import lambda_handler
from functions.search.main import build

handler = lambda_handler("search", build, required=("database_url",))
