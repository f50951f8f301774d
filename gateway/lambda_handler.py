"""The gateway behind API Gateway."""

from functions.runtime.lambda_adapter import lambda_handler
from gateway.main import REQUIRED, build

handler = lambda_handler("gateway", build, required=REQUIRED)
