"""What the file of a graph may say: its keys and their types, nothing else."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from .kpi import Better, Kind, Level, Measures, Sign


class Part(BaseModel):
    """One part of a file: unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class TextEntry(Part):
    """A text in both languages."""

    en: str = ""
    nl: str = ""


class ShortEntry(TextEntry):
    """A text that may be plain where it reads the same in both languages."""

    @model_validator(mode="before")
    @classmethod
    def _from_plain(cls, value: Any) -> Any:
        return {"en": value} if isinstance(value, str) else value

    @model_serializer(mode="wrap")
    def _as_plain(self, handler: SerializerFunctionWrapHandler) -> Any:
        return handler(self) if self.nl else self.en


class KPIEntry(Part):
    """What a file says of a KPI."""

    name: TextEntry = TextEntry()
    unit: ShortEntry = ShortEntry()
    lane: str = ""
    kind: Kind = "hard"
    measures: Measures = ""
    level: Level = "unit"
    owner: ShortEntry = ShortEntry()
    better: Better = "neither"
    scale: tuple[float | None, float | None] = (None, None)
    observed: bool = True
    selected: bool = False
    formula: str = ""
    own_past: list[Annotated[int, Field(ge=1)]] = []


class LinkEntry(Part):
    """What a file says of a link."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    sign: Sign = "?"
    lag: Annotated[int, Field(ge=0)] = 0
    reference: str = ""


class QuestionEntry(Part):
    """A question of a claim; its name is for the claim's rule."""

    name: str = ""
    treatment: str
    outcome: str
    horizon: Annotated[int, Field(ge=0)] = 0
    expected: Sign | None = None


class ChangeEntry(Part):
    """A change that units make at different times, and what should follow; counted from a period since the change."""

    name: str
    change: str
    outcome: str
    since: Annotated[int, Field(ge=0)] = 0
    expected: Literal["+", "-"]


class ClaimEntry(Part):
    """What a file says of a claim."""

    statement: TextEntry = TextEntry()
    reference: ShortEntry = ShortEntry()
    questions: list[QuestionEntry] = []
    changes: list[ChangeEntry] = []
    rule: str = ""
    not_examined: TextEntry = TextEntry()
    not_testable: TextEntry = TextEntry()


class GraphEntry(Part):
    """A whole file."""

    format: Literal[1]
    id: str = ""
    name: TextEntry = TextEntry()
    reference: str = ""
    kpis: dict[str, KPIEntry | None]
    links: list[LinkEntry] = []
    unit_effects: list[str] = []
    period_effects: list[str] = []
    claims: dict[str, ClaimEntry] = {}
