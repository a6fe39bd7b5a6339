# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # First steps
#
# What does a point of customer loyalty do to churn? A graph says what is claimed, a panel holds what was
# measured, and causalkpi answers one question at a time. The organisation here is simulated, so that the truth is
# known and every answer can be marked.

# %%
import dataclasses

import networkx as nx
import numpy as np
import pandas as pd
from IPython.display import Image

import causalkpi as ck
from causalkpi import plots

pd.set_option("display.max_colwidth", 90)

# %% [markdown]
# ## The graph: what is claimed
#
# `customer_centred` is the model of the book: steering works on behaviour, behaviour on loyalty, loyalty on
# customers and money, each link with a sign, a lag in quarters and a source. Results feed back into steering, so
# the graph has loops; unrolled over time it has none.

# %%
graph = ck.load_graph("customer_centred")
print(f"{len(graph.kpis)} KPIs, {len(graph.links)} links, {len(graph.loops())} feedback loops")
print("the shortest:", " ; ".join(map(str, graph.loops()[0])))
dag = graph.unroll(4)
print(f"unrolled over a year: {dag.number_of_nodes()} nodes, acyclic: {nx.is_directed_acyclic_graph(dag)}")

# %% [markdown]
# ## The panel: what was measured
#
# Waterland Bank has 120 branches, seen for 24 quarters. It does not exist; `data/` holds the script that made the
# table.

# %%
table = ck.load_demo()
table[["unit", "period", "customer_loyalty", "churn", "spend", "revenue"]].head()

# %%
study = ck.Study(graph, table, unit="unit", period="period")
print(study.panel)
for fault in study.faults[:5]:
    print("-", fault)

# %% [markdown]
# ## A question, and what may be learned about it
#
# Identification comes before estimation: which KPIs must be held fixed, which must not, and why.

# %%
question = ck.Question("customer_loyalty", "churn", horizon=1)
estimand = study.identify(question)
roles = estimand.to_frame()
roles[roles.set == "in"]

# %% [markdown]
# `<unit>` in the set says: branches differ in lasting, hidden ways that touch both sides, so each branch is
# compared with itself. What is out is as telling as what is in:

# %%
roles[(roles.set == "out") & roles.role.isin(["mediator", "descendant"])].drop_duplicates("kpi")

# %% [markdown]
# ## The estimate, and the truth
#
# Beside the estimate stand two numbers that must not be mistaken for it: the *association* in the raw table, and
# the *uncorrected* slope, before the bias that unit effects have in a short panel is mended.

# %%
evidence = study.ask("customer_loyalty", "churn", horizon=1)
print(evidence)

# %%
bank = ck.load_world("waterland")
print(f"true effect, by intervention: {bank.true_effect(question).value:.6f}")
evidence.estimate.to_frame()

# %% [markdown]
# ## Is it sound?
#
# Every diagnostic and every refuter is a *finding*: what was asked, what was seen, what it means and what to do. The
# grade follows from them by one printed rule (`causalkpi.grade.RULE`).

# %%
evidence.to_frame()[["finding", "result", "p_value", "seen"]]

# %% [markdown]
# The regression is statsmodels' own, and DoWhy's objects are there for those who come from DoWhy.

# %%
evidence.estimate.results.summary().tables[1]

# %%
estimand_of_dowhy, estimate_of_dowhy = evidence.to_dowhy()
print(
    f"DoWhy {estimate_of_dowhy.value:.10f}, statsmodels {evidence.estimate.results.params['customer_loyalty (t)']:.10f}"
)

# %% [markdown]
# ## Later, and in money
#
# Revenue is customers x spend: arithmetic, which is never estimated. The effect goes through it exactly.

# %%
rows = []
for horizon in range(7):
    found = study.answer(ck.Question("customer_loyalty", "revenue", horizon))
    truth = bank.true_effect(ck.Question("customer_loyalty", "revenue", horizon), units=1000).value
    low, high = getattr(found, "interval", (np.nan, np.nan))
    value, reason = getattr(found, "value", np.nan), getattr(found, "reason", "")
    rows.append((horizon, found.status, value, low, high, truth, reason))
pd.DataFrame(rows, columns=["quarters later", "status", "estimate", "low", "high", "truth", "reason"]).round(0)

# %% [markdown]
# Beyond a sixth of the periods the correction of the regression was not shown to hold. There the answer follows the
# links of the graph instead, with a warning that says so: it trusts every arrow, and its grade is *weak* at most. Where
# the links cannot carry it either, the question is refused: a refusal with a reason is a good answer.
#
# ## Over time, and along which paths
#
# The adjusted regression asks each horizon afresh. The link system follows a pulse link by link instead, over the
# graph unrolled in time, in which no loop is left; it reaches further and says more, and it trusts every arrow on the
# way. Where both have an answer, whether they agree is a finding.

# %%
profile = study.profile("customer_loyalty", "operating_result", horizon=8, rate=0.08)
print(profile.finding)
over_time = profile.to_frame()[["horizon", "value", "low", "high", "uncorrected", "adjusted", "cumulative"]]
over_time["truth"] = [
    bank.true_effect(ck.Question("customer_loyalty", "operating_result", h), units=1000).value for h in range(9)
]
over_time.round(0)

# %%
words = {"unit": "EUR", "horizon": "quarters later", "truth": over_time.truth}
figure = plots.over_time_plot(profile, **words)
Image(plots.to_png(figure, 1080), width=540, alt=plots.over_time_alt(profile, **words))

# %% [markdown]
# Through what does loyalty of employees reach revenue? The ways add up to the total; what passes through one KPI may
# pass through another as well, so those parts overlap.

# %%
between = ("service_behaviour", "customer_satisfaction", "customer_loyalty")
parts = study.paths("employee_loyalty", "revenue", 4, through=between)
words = {"unit": "EUR", "order": between}
Image(plots.to_png(plots.paths_plot(parts, **words), 1080), width=540, alt=plots.paths_alt(parts, **words))

# %% [markdown]
# And the chain, as a board would tell it: so much of the first, so much of the next, so much money.

# %%
chain = study.chain("employee_loyalty", "service_behaviour", "customer_loyalty", "revenue", change=5)
print(chain)
figure = plots.chain_plot(chain, later=lambda quarters: f"{quarters} quarter later")
Image(plots.to_png(figure, 1440), width=720, alt=plots.chain_alt(chain))

# %% [markdown]
# ## When the data cannot tell
#
# In this firm nothing has an effect, and a hidden local economy makes it look as if everything had.

# %%
firm = ck.load_world("no_effect")
data = firm.sample(100, 16, np.random.default_rng(1))
believer = ck.Study(firm.believed, data, unit="unit", period="period")
link = next(li for li in firm.believed.links if li.source != li.target)
print(believer.ask(link.source, link.target, horizon=link.lag))
print("true effect:", firm.true_effect(ck.Question(link.source, link.target, link.lag)).value)

# %%
everything = tuple(dict.fromkeys(firm.believed.links + firm.graph.links))
doubtful = dataclasses.replace(firm.graph, links=everything)  # the same links, and the hidden economy
refused = ck.Study(doubtful, data, unit="unit", period="period").ask(link.source, link.target, horizon=link.lag).answer
print(refused.status, "-", refused.reason)
print(refused.remedy)

# %% [markdown]
# The first answer looks sound and is wrong: an answer is as good as its graph, and no number in the table can
# tell. The second graph admits the hidden economy, and the answer becomes a refusal that says what to measure.
#
# ## How much data would it take?

# %%
for units in (20, 60, 120, 240):
    smallest = ck.minimum_detectable_effect(estimand, units=units, periods=24)
    print(f"{units:4d} branches: effects from {smallest:.2f} standard deviations are found four times in five")

# %% [markdown]
# ## Things to try
#
# - Hide a KPI (`graph.hide("service_behaviour")`) and ask again: what would help?
# - Ask in the other direction: does churn move loyalty, and what does the graph say?
# - Draw a graph of your own as a `networkx.DiGraph`, and a table with `ck.read_panel`.
# - `ck.load_world("against_the_book")`: an organisation in which loyal staff go with less profit.
