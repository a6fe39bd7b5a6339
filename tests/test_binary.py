"""The logit beside the straight line: closed forms, statsmodels' margins, and what it must leave alone."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit

from causalkpi import Question, estimate, identify
from causalkpi.estimators import Beside, Estimate
from causalkpi.estimators.binary import clustered, standardised
from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Link
from causalkpi.panel import as_panel

GRAPH = nx.DiGraph([("Z", "X"), ("Z", "Y"), ("X", "Y")])


def customers(rows: int = 2000, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=rows)
    x = 0.5 * z + rng.normal(size=rows)
    return pd.DataFrame({"X": x, "Z": z, "Y": (rng.uniform(size=rows) < expit(x - z - 1)).astype(float)})


def answer_to(data: pd.DataFrame, contrast: float = 1.0, graph: nx.DiGraph = GRAPH) -> Estimate:
    found = estimate(data, identify(graph, Question("X", "Y", contrast=contrast)), confirm=False)
    assert isinstance(found, Estimate)
    return found


def logit_of(answer: Estimate) -> Beside:
    (found,) = [b for b in answer.beside if b.name == "logit"]
    return found


@pytest.mark.parametrize("contrast", [1.0, -2.0, 0.5])
def test_a_two_valued_treatment_alone_gives_the_difference_in_shares(contrast: float) -> None:
    """A saturated logit reproduces the shares: moved by 1 from 0, by -1 from 1; its error is the binomial's."""
    rng = np.random.default_rng(2)
    x = np.repeat([0.0, 1.0], 500)
    y = (rng.uniform(size=1000) < 0.2 + 0.3 * x).astype(float)
    answer = answer_to(pd.DataFrame({"X": x, "Y": y}), contrast, nx.DiGraph([("X", "Y")]))
    low, high = y[x == 0].mean(), y[x == 1].mean()
    odds = np.log(high / (1 - high)) - np.log(low / (1 - low))
    at = np.array([np.log(low / (1 - low)), np.log(high / (1 - high))])
    expected = (expit(at + contrast * odds) - expit(at)).mean()
    assert logit_of(answer).value == pytest.approx(expected, rel=1e-7)


def test_margins_of_statsmodels_for_a_small_contrast() -> None:
    """The average marginal effect is the limit of the standardised change per unit; errors: robust, HC0."""
    data = customers()
    small = 1e-4
    found = logit_of(answer_to(data, small))
    fitted = sm.Logit(data.Y, sm.add_constant(data[["X", "Z"]])).fit(disp=0, cov_type="HC0")
    margins = fitted.get_margeff()
    rows = len(data)
    assert found.value / small == pytest.approx(margins.margeff[0], rel=1e-4)
    assert found.std_error / small == pytest.approx(margins.margeff_se[0] * np.sqrt(rows / (rows - 1)), rel=1e-4)


def test_a_large_contrast_by_brute_force() -> None:
    """Refitted by statsmodels in native units; the gradient by central differences."""
    data = customers(600, 3)
    exog = sm.add_constant(data[["X", "Z"]]).to_numpy()
    fitted = sm.Logit(data.Y.to_numpy(), exog).fit(disp=0, cov_type="HC0")

    def change(b: np.ndarray) -> float:
        return float((expit(exog @ b + 3 * b[1]) - expit(exog @ b)).mean())

    steps = 1e-6 * np.eye(3)
    gradient = np.array([(change(fitted.params + s) - change(fitted.params - s)) / 2e-6 for s in steps])
    error = np.sqrt(gradient @ fitted.cov_params() @ gradient * 600 / 599)
    found = logit_of(answer_to(data, 3.0))
    assert found.value == pytest.approx(change(fitted.params), rel=1e-8)
    assert found.std_error == pytest.approx(error, rel=1e-6)
    assert found.interval[0] < found.value < found.interval[1]


def test_the_gradient_is_the_derivative() -> None:
    rng = np.random.default_rng(4)
    design = np.column_stack([np.ones(50), rng.normal(size=(50, 2))])
    b = np.array([0.3, -1.0, 0.5])
    _, gradient = standardised(design, b, 2.0)
    for i in range(3):
        step = 1e-6 * np.eye(3)[i]
        slope = (standardised(design, b + step, 2.0)[0] - standardised(design, b - step, 2.0)[0]) / 2e-6
        assert gradient[i] == pytest.approx(slope, abs=1e-8)


def repeated(units: int = 60, periods: int = 6, unit_effects: tuple[str, ...] = ()) -> tuple[pd.DataFrame, KPIGraph]:
    rng = np.random.default_rng(5)
    unit = np.repeat(np.arange(units), periods)
    lasting = rng.normal(size=units)[unit]
    x = lasting + rng.normal(size=len(unit))
    y = (rng.uniform(size=len(unit)) < expit(0.8 * x + lasting)).astype(float)
    data = pd.DataFrame({"unit": [f"u{i:02d}" for i in unit], "period": np.tile(np.arange(periods), units) + 2000})
    graph = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y"),), unit_effects=unit_effects)
    return data.assign(X=x, Y=y), graph


def test_units_seen_repeatedly_are_clusters() -> None:
    data, graph = repeated()
    answer = estimate(as_panel(data, unit="unit", period="period"), identify(graph, Question("X", "Y")), confirm=False)
    assert isinstance(answer, Estimate)
    codes = pd.factorize(data.unit)[0]
    exog = sm.add_constant(data[["X"]]).to_numpy()
    peer = sm.Logit(data.Y.to_numpy(), exog).fit(disp=0)
    bread, score = peer.cov_params(), exog * np.asarray(peer.resid_response)[:, None]
    sums = pd.DataFrame(score).groupby(codes).sum().to_numpy()
    expected = bread @ (sums.T @ sums) @ bread * 60 / 59
    assert clustered(exog, data.Y.to_numpy(), peer.params, codes) == pytest.approx(expected, rel=1e-6)
    gradient = standardised(exog, peer.params, 1.0)[1]
    assert logit_of(answer).std_error == pytest.approx(np.sqrt(gradient @ expected @ gradient), rel=1e-6)


def test_no_logit_where_unit_effects_are_taken_out() -> None:
    data, graph = repeated(unit_effects=("X", "Y"))
    panel = as_panel(data, unit="unit", period="period")
    answer = estimate(panel, identify(graph, Question("X", "Y")), confirm=False)
    assert isinstance(answer, Estimate)
    assert "logit" not in [b.name for b in answer.beside]


def test_shares_between_zero_and_one_are_left_alone() -> None:
    data = customers(300)
    data["Y"] = data.Y.where(data.index > 0, 0.5)
    answer = answer_to(data)
    assert [b.name for b in answer.beside] == ["association"]
    assert not answer.warnings


def test_separated_outcomes_get_a_warning_in_both_languages() -> None:
    data = customers(300)
    for separated in ((data.X > 0), (data.X > 1.5) | (data.Y > 0) & (data.X > 0)):  # wholly, and on one side only
        answer = answer_to(data.assign(Y=separated.astype(float), X=np.sign(data.X) + (data.X > 1.5)))
        assert "logit" not in [b.name for b in answer.beside]
        (said,) = [w for w in answer.warnings if "logit" in w]
        assert "nullen en enen" in said.render("nl")  # type: ignore[attr-defined]


def test_scale_of_the_treatment_changes_nothing() -> None:
    data = customers(400)
    large = data.assign(X=data.X * 1e7 + 1e9)
    one, other = logit_of(answer_to(data, 0.5)), logit_of(answer_to(large, 0.5e7))
    assert other.value == pytest.approx(one.value, rel=1e-7)
    assert other.std_error == pytest.approx(one.std_error, rel=1e-6)


SHARE = KPIGraph((KPI("X"), KPI("Z"), KPI("Y", minimum=0, maximum=1)), tuple(Link(*pair) for pair in GRAPH.edges))


def branches(rows: int = 900, seed: int = 7) -> pd.DataFrame:
    """Shares between, at 0 and at 1, more spread than any binomial with a known count would give."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=rows)
    x = 0.5 * z + rng.normal(size=rows)
    mean = expit(0.8 * x - z - 2)
    share = rng.beta(3 * mean, 3 * (1 - mean))
    return pd.DataFrame({"X": x, "Z": z, "Y": np.where(share < 0.01, 0.0, np.where(share > 0.9, 1.0, share))})


def test_a_declared_share_gets_the_fractional_logit_of_statsmodels() -> None:
    """Papke and Wooldridge's quasi-likelihood, by statsmodels' binomial GLM with robust errors (HC0)."""
    data = branches()
    assert {0.0, 1.0} < set(data.Y)
    exog = sm.add_constant(data[["X", "Z"]]).to_numpy()
    peer = sm.GLM(data.Y.to_numpy(), exog, family=sm.families.Binomial()).fit(cov_type="HC0")
    value, gradient = standardised(exog, peer.params, 1.0)
    found = logit_of(answer_to(data, graph=SHARE))
    assert found.value == pytest.approx(value, rel=1e-6)
    rows = len(data)
    assert found.std_error == pytest.approx(
        np.sqrt(gradient @ peer.cov_params() @ gradient * rows / (rows - 1)), rel=1e-5
    )
    assert "fractional" in found.why and "fractionele" in found.why.render("nl")


def test_values_between_0_and_1_are_no_share_unless_the_graph_says_so() -> None:
    assert "logit" not in [b.name for b in answer_to(branches()).beside]


def test_shares_covered_by_their_true_change() -> None:
    """Simulated: the average change in the mean share is known by formula."""
    inside = 0
    for seed in range(60):
        data = branches(600, 100 + seed)
        truth = float((expit(0.8 * (data.X + 2) - data.Z - 2) - expit(0.8 * data.X - data.Z - 2)).mean())
        answer = answer_to(data, 2.0, SHARE)
        low, high = logit_of(answer).interval
        inside += low <= truth <= high
    assert 52 <= inside <= 60  # 57 are expected, with a standard deviation of 1.7
