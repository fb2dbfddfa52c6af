"""Landing: from delivered files to typed, registered, depersonalised Parquet. Nothing here knows an indicator.

The names below are the whole interface. They are looked up when first used, so that asking whether anything is new
costs no import of the engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestration.landing.contracts import Profile, ProfileError, load_profile
    from orchestration.landing.folder import seen_nothing_new, unreadable
    from orchestration.landing.keys import KeyProblem
    from orchestration.landing.registry import Delivery, sync_build_database
    from orchestration.landing.run import LandingResult, StoreProblem, land

_HOMES = {
    "Delivery": "registry",
    "KeyProblem": "keys",
    "LandingResult": "run",
    "Profile": "contracts",
    "ProfileError": "contracts",
    "StoreProblem": "run",
    "land": "run",
    "load_profile": "contracts",
    "seen_nothing_new": "folder",
    "sync_build_database": "registry",
    "unreadable": "folder",
}

__all__ = [
    "Delivery",
    "KeyProblem",
    "LandingResult",
    "Profile",
    "ProfileError",
    "StoreProblem",
    "land",
    "load_profile",
    "seen_nothing_new",
    "sync_build_database",
    "unreadable",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
