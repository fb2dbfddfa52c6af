"""Superset as `make superset` runs it: on this machine alone, nothing loaded from outside, nothing told to anybody."""

import os
from pathlib import Path

_WORK = Path(os.environ["OCC_SUPERSET_WORK"])

SECRET_KEY = (_WORK / "secret.key").read_text()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_WORK / 'superset.db'}"
SUPERSET_WEBSERVER_ADDRESS = "127.0.0.1"
APP_NAME = "Control room"
# A published file is replaced as a whole: what was read of one generation is not to be shown beside another.
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
FILTER_STATE_CACHE_CONFIG = {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": str(_WORK / "cache")}
EXPLORE_FORM_DATA_CACHE_CONFIG = FILTER_STATE_CACHE_CONFIG
SESSION_COOKIE_SAMESITE = "Strict"
# People look; only the recipe makes anything. No file of theirs is uploaded into the warehouse's copy.
FEATURE_FLAGS = {"ALERT_REPORTS": False, "THUMBNAILS": False, "DASHBOARD_RBAC": True}
# Nothing from any other host: no maps, no fonts, no pixels that count installations.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
