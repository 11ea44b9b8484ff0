"""``aws-sm://NAME`` or ``aws-sm://NAME#FIELD``: AWS Secrets Manager; NAME may be an ARN.

Credentials and region are found as boto3 finds them.
"""

from __future__ import annotations

from typing import Final

import boto3
from botocore.config import Config

from regimeflow.adapters.secrets.places import read_place, refused

_TIMEOUT_S: Final = 5
_ARN: Final = "arn:"
_REGION: Final = 3  # which part of an ARN


def fetch(place: str) -> str:
    """Return the current version of a secret, or a field of it where it is a JSON object.

    Source: GetSecretValue of Secrets Manager, and boto3 1.44.5 (read 2026-11-23).
    """
    found = read_place(place, "aws-sm://NAME or aws-sm://NAME#FIELD", 1)
    region = found.path.split(":")[_REGION] if found.path.startswith(_ARN) else None
    client = boto3.client(
        "secretsmanager",
        region_name=region,
        config=Config(
            connect_timeout=_TIMEOUT_S,
            read_timeout=_TIMEOUT_S,
            retries={"total_max_attempts": 2, "mode": "standard"},
        ),
    )
    answer = client.get_secret_value(SecretId=found.path)
    if "SecretString" not in answer:
        raise refused("it is no text")
    return found.pick(answer["SecretString"])
