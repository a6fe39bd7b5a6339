"""Bad input about time: what a study says of gaps, odd periods and what does not move, with a reason and no number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import causalkpi as ck
from causalkpi.errors import Fault
from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Link

OWN_PAST = KPIGraph(
    (KPI("X"), KPI("Y")),
    (Link("X", "Y", lag=1), Link("X", "X", lag=1), Link("Y", "Y", lag=1)),
    unit_effects=("X", "Y"),
)
LATE = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y", lag=3),))


def data(units: int = 30, periods: int = 16) -> pd.DataFrame:
    """X moves Y a period later."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(units, periods))
    y = np.zeros_like(x)
    for t in range(1, periods):
        y[:, t] = 0.4 * y[:, t - 1] + 0.5 * x[:, t - 1] + rng.normal(size=units)
    keys = {"unit": np.repeat([f"u{i:02}" for i in range(units)], periods),
            "period": np.tile(np.arange(periods), units)}  # fmt: skip
    return pd.DataFrame(keys | {"X": x.ravel(), "Y": y.ravel()})


def study(table: pd.DataFrame, graph: KPIGraph = OWN_PAST) -> ck.Study:
    return ck.Study(graph, table, unit="unit", period="period")


def faults(found: ck.Study, rule: str) -> list[Fault]:
    return [fault for fault in found.faults if fault.rule == rule]


def quarters(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(period=[f"{2015 + p // 4}Q{p % 4 + 1}" for p in table["period"]])


def test_a_gap_is_noted_and_no_lag_reaches_over_it() -> None:
    table = data()
    found = study(table[table["period"] != 7])
    assert faults(found, "gaps")[0].count == 30
    answer = found.ask("X", "Y", 1).answer
    assert answer.status == "estimated_with_warnings"
    assert answer.rows_used == 30 * (16 - 2 - 3)  # type: ignore[union-attr]  # no rows at 0 and 15, nor around 7
    assert not faults(found, "spacing")


def test_the_order_of_rows_does_not_matter() -> None:
    one, other = (study(d).ask("X", "Y", 1).answer.to_dict() for d in (data(), data().sample(frac=1, random_state=2)))  # type: ignore[union-attr]
    assert one == other


@pytest.mark.parametrize(
    ("apart", "step"),
    [(lambda d: d[d["period"] % 2 == 0], 2), (lambda d: d.assign(period=2000 + 3 * d["period"]), 3),
     (lambda d: d.assign(period=(pd.to_datetime("2020-01-01") + pd.to_timedelta(14 * d["period"], unit="D"))
                         .dt.strftime("%Y-%m-%d")), 14)],
    ids=["every other period", "years by three", "fortnights as days"],
)  # fmt: skip
def test_periods_that_always_stand_apart(apart: Callable[[pd.DataFrame], pd.DataFrame], step: int) -> None:
    """Nothing can be estimated over time, and the gate says what to do about it."""
    found = study(apart(data()))
    (fault,) = faults(found, "spacing")
    assert fault.severity == "warns" and fault.count == 30
    assert f"every {step} periods" in fault.found and "number the periods" in fault.remedy
    assert fault.found.render("nl") != fault.found  # type: ignore[attr-defined]
    assert found.ask("X", "Y", 1).answer.status == "not_estimable"
    assert found.reverse().rows[0].stronger == "not_applicable"
    assert found.lags(2).rows[0].result == "not_applicable"


def test_units_of_another_frequency_are_named() -> None:
    """Months for some, and quarters written as months for others."""
    table = data()
    slow = table["unit"] < "u10"
    months = np.where(slow, 3 * table["period"], table["period"])
    (fault,) = faults(study(table.assign(period=[f"{2015 + m // 12}-{m % 12 + 1:02}" for m in months])), "spacing")
    assert (fault.count, fault.examples) == (10, ("u00", "u01", "u02"))
    assert "10 of 30 units" in fault.found


def test_a_kpi_of_another_frequency_is_named() -> None:
    table = quarters(data())
    yearly = table.assign(X=table["X"].where(table["period"].str.endswith("Q2")))
    (fault,) = faults(study(yearly), "spacing")
    assert fault.columns == ("X",) and "every 4 periods" in fault.found


def test_a_few_gaps_are_not_taken_for_another_frequency() -> None:
    assert not faults(study(data().sample(frac=0.7, random_state=3)), "spacing")
    assert not faults(study(data(periods=3)), "spacing")


def test_mixed_notations_are_refused() -> None:
    table = quarters(data())
    table.loc[table["unit"] < "u10", "period"] = "2015"
    with pytest.raises(ck.DataError, match="mixture of notations"):
        study(table)


def test_a_unit_period_twice_is_refused() -> None:
    with pytest.raises(ck.DataError, match="stood in an earlier row"):
        study(pd.concat([data(), data().iloc[:3]]))


def test_units_with_fewer_periods_than_the_longest_lag() -> None:
    table = data()
    early = table["period"] < 3
    cases = (
        (table[early], "3 periods later, and the data span 3 periods"),
        (table[early | (table["unit"] < "u03")], "Only 3"),
    )
    for part, reason in cases:
        answer = study(part, LATE).ask("X", "Y", 3).answer
        assert answer.status == "not_estimable" and reason in answer.reason  # type: ignore[union-attr]
    some = study(table[early | (table["unit"] < "u20")], LATE).ask("X", "Y", 3).answer
    assert some.units == 20  # type: ignore[union-attr]  # those that are seen long enough, and the answer says so
    assert "20 units" in some.population  # type: ignore[union-attr]


def test_a_horizon_beyond_the_data() -> None:
    answer = study(data()).ask("X", "Y", 40).answer
    assert answer.status == "not_estimable" and "the data span 16 periods" in answer.reason  # type: ignore[union-attr]


def test_a_treatment_that_never_varies_within_units() -> None:
    table = data()
    found = study(table.assign(X=table.groupby("unit")["X"].transform("mean")))
    answer = found.ask("X", "Y", 1).answer
    assert answer.status == "not_estimable" and "does not vary within units" in answer.reason  # type: ignore[union-attr]
    assert "does not vary within units" in found.reverse().rows[0].note
    assert found.lags(2).rows[0].result == "not_applicable"


def test_a_treatment_that_is_the_same_in_all_units() -> None:
    """Also where the graph knows of no shared shocks: 16 values say little, however many units repeat them."""
    table = data()
    found = study(table.assign(X=table.groupby("period")["X"].transform("mean")))
    answer = found.ask("X", "Y", 1).answer
    assert answer.status == "not_estimable" and "one value per period" in answer.reason  # type: ignore[union-attr]
    assert isinstance(found.reverse().rows[0].forward, str)
    assert found.lags(2).rows[0].result == "not_applicable"
