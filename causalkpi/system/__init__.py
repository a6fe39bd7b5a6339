"""Effects over time and along paths: every link's equation, followed over the unrolled graph."""

from .agreement import Gap
from .alone import along_the_links
from .amounts import Amount
from .chain import Chain, Step, chain
from .links import LinkSystem, fit_system
from .paths import Part, Paths, paths
from .profile import Moment, Profile, profile

__all__ = [
    "Amount",
    "Chain",
    "Gap",
    "LinkSystem",
    "Moment",
    "Part",
    "Paths",
    "Profile",
    "Step",
    "along_the_links",
    "chain",
    "fit_system",
    "paths",
    "profile",
]
