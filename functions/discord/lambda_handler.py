"""The webhook behind API Gateway."""

from functions.discord.main import REQUIRED, build
from functions.runtime.lambda_adapter import lambda_handler

handler = lambda_handler("discord", build, required=REQUIRED)
