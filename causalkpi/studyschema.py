"""What a study file may say: its keys and their types, nothing else."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .graphschema import Part
from .language import Language
from .question import FARTHEST

Grain = Literal["year", "quarter", "month", "week", "day", "step"]
Errors = Literal[  # the keys of causalkpi.estimators.conventions.CHOICES; a test holds them together
    "usual", "bias_reduced", "leave_one_unit_out", "by_unit_and_period", "across_units", "by_driscoll_and_kraay"
]  # fmt: skip


class SourceEntry(Part):
    """One file of data, and how to read it."""

    path: str
    unit: str | None = None
    period: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    how: Any = None
    frequency: Grain | None = None
    decimal: Literal[".", ","] = "."
    thousands: str = ""
    separator: str | None = None
    sheet: str | None = None
    missing: list[str] | None = None


class AskedEntry(Part):
    """A question of the study's own."""

    treatment: str
    outcome: str
    horizon: Annotated[int, Field(ge=0)] = 0
    contrast: float = 1.0


class ProfileEntry(AskedEntry):
    """An effect to be followed period by period, up to this horizon."""

    horizon: Annotated[int, Field(ge=0, le=FARTHEST)] = 8


class PathsEntry(AskedEntry):
    """An effect to be taken apart by what it works through."""

    through: list[str] = Field(default_factory=list)


class ChainEntry(Part):
    """A change of the first KPI to be followed to the others, one after the other."""

    kpis: list[str]
    change: float = 1.0


class ChangedEntry(Part):
    """A change that units made at different times, and the KPI that may have responded."""

    change: str
    outcome: str
    horizon: Annotated[int, Field(ge=0, le=FARTHEST)] = 8
    leads: Annotated[int, Field(ge=0, le=FARTHEST)] = 4
    anticipation: Annotated[int, Field(ge=0, le=FARTHEST)] = 0


class ValuationEntry(Part):
    """What is to be valued: the money, the rate per year, the last period, and each KPI's change."""

    outcome: str
    discount_rate: Annotated[float, Field(gt=-1)]
    horizon: Annotated[int, Field(ge=0, le=FARTHEST)] = 4
    treatments: dict[str, float]


class StudyEntry(Part):
    """A whole file."""

    format: Literal[1]
    title: str
    graph: str
    data: list[SourceEntry]
    frequency: Grain | None = None
    large: bool = False
    unit_effects: list[str] | None = None
    period_effects: list[str] | None = None
    hidden: list[str] = Field(default_factory=list)
    questions: list[AskedEntry] = Field(default_factory=list)
    claims: bool | None = None
    profiles: list[ProfileEntry] = Field(default_factory=list)
    paths: list[PathsEntry] = Field(default_factory=list)
    chains: list[ChainEntry] = Field(default_factory=list)
    changes: list[ChangedEntry] = Field(default_factory=list)
    level: Annotated[float, Field(gt=0, lt=1)] | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    errors: Errors | None = None
    identity: dict[str, str] = Field(default_factory=dict)
    measured: dict[str, str] = Field(default_factory=dict)
    smallest_effects: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    valuation: ValuationEntry | None = None
    language: Language = "en"
    client: str = ""
    author: str = ""
    date: str = ""
