"""The page of a run: one HTML file that a browser shows, and prints, without asking anybody for anything.

Nothing on it is remote and nothing runs: its content security policy allows one style sheet, named by its hash, and
images that stand in the page itself. Whatever comes from the data, the graph or the study file is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..record import Run
from .reader import Reader
from .sections.claims import claims
from .sections.data import data
from .sections.directions import directions
from .sections.dynamics import dynamics
from .sections.event_studies import event_studies
from .sections.headlines import headlines
from .sections.limits import limits
from .sections.links import links
from .sections.opening import opening
from .sections.owners import owners
from .sections.provenance import provenance
from .sections.sheets import sheets
from .sections.values import values

_IN_ORDER = (
    "lines",
    "map",
    "claims",
    "values",
    "dynamics",
    "event_studies",
    "directions",
    "sheets",
    "data",
    "limits",
    "owners",
    "provenance",
)


def to_html(run: Run, record: Mapping[str, Any]) -> str:
    """The report of a run, in the run's language.

    Parameters
    ----------
    run : Run
    record : mapping
        The run's record, for its versions and hashes.
    """
    reader, templates = Reader(run), _templates()
    style = templates.get_template("report.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    cards, notes = headlines(reader), [reader(said) for said in run.sentences]
    views = {
        "opening": opening(reader),
        "lines": {"cards": cards, "notes": notes} if cards or notes else {},
        "map": links(reader),
        "claims": claims(reader) if len(run.ledger) else {},
        "values": values(reader),
        "dynamics": dynamics(reader),
        "event_studies": event_studies(reader),
        "directions": directions(reader),
        "sheets": sheets(reader),
        "data": data(reader),
        "limits": limits(reader),
        "owners": owners(reader),
        "provenance": provenance(reader, record),
    }
    return templates.get_template("report.html").render(
        say=reader.say,
        language=run.language,
        style=Markup(style),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'",
        contents=[name for name in _IN_ORDER if views[name]],
        **views,
    )


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("causalkpi"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
