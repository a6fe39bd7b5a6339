"""The ledger of claims: what each claim comes to in this organisation's data, and why.

A claim is decided by its rule, comparison by comparison. All comparisons of "and" must hold, so the largest p counts
(an intersection-union test needs no correction); of "or" the smallest, times their number. Over the claims p-values
are corrected by Holm's method (1979, Scandinavian Journal of Statistics 6). A claim that the figures support or
contradict stays inconclusive while the evidence behind it is weak, or while hidden causes as strong as the strongest
measured KPI could undo the comparison that decides it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from .answers import Answers, Asked
from .decide import STRENGTHS, Decided, decide, decide_change
from .event_study import EventStudy
from .evidence import Evidence
from .kpi import Claim
from .language import Text
from .question import Unanswered
from .rule import Comparison, Rule

Word = Literal["supported", "contradicted", "inconclusive", "not_testable", "not_examined"]


@dataclass(frozen=True)
class Verdict:
    """What a claim comes to.

    Parameters
    ----------
    claim : Claim
    word : {"supported", "contradicted", "inconclusive", "not_testable", "not_examined"}
        *not examined*: this version cannot compute what would decide it. *not testable*: the data cannot.
    reason : Text
    p_value : float
        Corrected for the number of claims decided; not a number where nothing was decided.
    decided : tuple of Decided
        Comparison by comparison.
    evidence : tuple of Evidence
        Of the claim's questions, in their order.
    """

    claim: Claim
    word: Word
    reason: Text
    p_value: float = math.nan
    decided: tuple[Decided, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, repr=False)
class Ledger:
    """The claims of a study with their verdicts, and every question that was asked.

    Parameters
    ----------
    verdicts : tuple of Verdict
        In the order of the graph.
    answers : Answers
        Every question with its evidence, in the order of the register.
    level : float
        One less the chance of a wrong verdict over all claims.
    changes : mapping of (str, str) to EventStudy or Unanswered
        By the KPI that changed and the outcome: what claims about changes made at different times rest on.
    """

    verdicts: tuple[Verdict, ...]
    answers: Answers = field(default_factory=lambda: Answers(()))
    level: float = 0.95
    changes: Changes = field(default_factory=dict)

    def __getitem__(self, claim: str) -> Verdict:
        """The verdict on a claim by its id; a KeyError says which there are."""
        for verdict in self.verdicts:
            if verdict.claim.id == claim:
                return verdict
        raise KeyError(f"There is no claim {claim!r}; there are {', '.join(v.claim.id for v in self.verdicts)}.")

    def __iter__(self):
        """The verdicts, one after the other."""
        return iter(self.verdicts)

    def __len__(self) -> int:
        return len(self.verdicts)

    def to_frame(self) -> pd.DataFrame:
        """One row per claim."""
        rows = [(v.claim.id, v.claim.statement(), v.word, v.p_value, str(v.reason)) for v in self.verdicts]
        return pd.DataFrame(rows, columns=["claim", "statement", "verdict", "p_value", "reason"])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            v.claim.id: {
                "statement": v.claim.statement(),
                "reference": v.claim.reference,
                "rule": v.claim.rule,
                "verdict": v.word,
                "reason": str(v.reason),
                "p_value": v.p_value,
                "comparisons": [
                    {"comparison": str(d.comparison), "p_holds": d.p_holds, "p_opposite": d.p_opposite,
                     "strengths": list(d.strengths), "why": str(d.why)}
                    for d in v.decided
                ],
            }
            for v in self.verdicts
        }  # fmt: skip

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False, float_format=lambda x: f"{x:.3g}", na_rep="")

    def __repr__(self) -> str:
        return "\n".join(f"{v.claim.id:<4} {v.word.replace('_', ' '):<14} {v.reason}" for v in self.verdicts)


Changes = Mapping[tuple[str, str], EventStudy | Unanswered]


def keep_ledger(claims: Sequence[Claim], answers: Answers, level: float, changes: Changes | None = None) -> Ledger:
    """Decide every claim by its rule.

    Parameters
    ----------
    claims : sequence of Claim
    answers : Answers
        With the evidence of every claim's questions.
    level : float
    changes : mapping of (str, str) to EventStudy or Unanswered
        By the KPI that changed and the outcome, for claims about changes made at different times.
    """
    known = changes or {}
    drafts = [_verdict(claim, [item for item in answers if item.origin == claim.id], known) for claim in claims]
    together = holm({draft.claim.id: draft.p_value for draft in drafts if not math.isnan(draft.p_value)})
    verdicts = tuple(_corrected(draft, together.get(draft.claim.id, math.nan), level) for draft in drafts)
    return Ledger(verdicts, answers, level, known)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """P-values corrected by Holm's step-down method.

    Examples
    --------
    >>> {name: round(p, 3) for name, p in holm({"a": 0.01, "b": 0.04, "c": 0.03}).items()}
    {'a': 0.03, 'c': 0.06, 'b': 0.06}
    """
    ordered = sorted(p_values, key=lambda name: (p_values[name], name))
    found, largest = {}, 0.0
    for i, name in enumerate(ordered):
        largest = max(largest, min(1.0, (len(ordered) - i) * p_values[name]))
        found[name] = largest
    return found


def rule_of(claim: Claim) -> Rule | Text:
    """The rule that decides a claim: its own, or that all expected signs hold; otherwise why there is none."""
    if claim.rule:
        return Rule.parse(claim.rule)
    if claim.not_examined or claim.not_testable:
        return claim.not_examined or claim.not_testable
    if claim.changes:
        parts = ((name, sign) for name, *_, sign in claim.changes)
        return Rule((tuple(Comparison(0.0, n) if sign == "+" else Comparison(n, 0.0) for n, sign in parts),))
    signs = {f"q{i + 1}": sign for i, sign in enumerate(claim.expected) if sign in ("+", "-")}
    if not signs:
        return Text("the graph gives no rule that would decide it", "de graaf geeft geen regel die haar beslist")
    return Rule((tuple(Comparison(0.0, n) if sign == "+" else Comparison(n, 0.0) for n, sign in signs.items()),))


def _verdict(claim: Claim, asked: Sequence[Asked], changes: Changes) -> Verdict:
    """A claim by itself: p of the likelier side, doubled, before any correction for other claims."""
    evidence = tuple(item.evidence for item in asked)
    rule = rule_of(claim)
    if not isinstance(rule, Rule):
        return Verdict(claim, "not_testable" if claim.not_testable else "not_examined", rule, evidence=evidence)
    names = claim.names or tuple(f"q{i + 1}" for i in range(len(asked)))
    named = dict(zip(names, evidence, strict=True))
    parts = [[decide(each, named) for each in part] for part in rule.alternatives] if not claim.changes else [
        [
            decide_change(each, (change, outcome, since), changes[change, outcome])
            for each, (_, change, outcome, since, _) in zip(rule.alternatives[0], claim.changes, strict=True)
        ]
    ]  # fmt: skip
    flat = tuple(each for part in parts for each in part)
    holds, opposite = _combined(parts)
    if holds >= 1 and opposite >= 1 and any(each.why for each in flat):
        why = next(each.why for each in flat if each.why)
        return Verdict(claim, "not_testable", why, decided=flat, evidence=evidence)
    word: Word = "supported" if holds <= opposite else "contradicted"
    telling = _telling(parts, word)
    weak = next((each for each in telling if not each.enough), None)
    p = min(1.0, 2 * min(holds, opposite))
    return Verdict(claim, word, _says(word, telling, weak), p, flat, evidence)


def _combined(parts: Sequence[Sequence[Decided]]) -> tuple[float, float]:
    """P-values of the rule and of its opposite: all of a part must hold, of the parts one."""
    holds = [max(1.0 if each.why else each.p_holds for each in part) for part in parts]
    opposite = [len(part) * min(1.0 if each.why else each.p_opposite for each in part) for part in parts]
    return min(1.0, len(parts) * min(holds)), min(1.0, max(opposite))


def _telling(parts: Sequence[Sequence[Decided]], word: Word) -> list[Decided]:
    """The comparisons that a verdict rests on."""
    if word == "supported":
        return list(min(parts, key=lambda part: max(1.0 if each.why else each.p_holds for each in part)))
    return [min(part, key=lambda each: 1.0 if each.why else each.p_opposite) for part in parts]


def _says(word: Word, telling: Sequence[Decided], weak: Decided | None) -> Text:
    """Why a claim that its p-value decides comes to what it does."""
    if weak is not None:
        return Text(
            "The figures point {way}, no more; the evidence is {strength} on whether this holds: {about}.",
            "De cijfers wijzen {way}, meer niet; de onderbouwing is {strength} op dit punt: {about}.",
            way=Text("that way", "die kant op") if word == "supported" else Text("the other way", "de andere kant op"),
            about=weak.about,
            strength=STRENGTHS[weak.strength],
        )
    listed = Text.join([each.about for each in telling], by="; ")
    if word == "supported":
        return Text("The data bear it out: {listed}.", "De cijfers onderbouwen haar: {listed}.", listed=listed)
    return Text(
        "The data speak against it; this was not found: {listed}.",
        "De cijfers spreken haar tegen; dit bleek niet: {listed}.",
        listed=listed,
    )


def _corrected(draft: Verdict, p: float, level: float) -> Verdict:
    """A verdict with its corrected p; inconclusive where that is too large or the evidence too weak."""
    if math.isnan(draft.p_value):
        return draft
    if p < 1 - level:
        kept = all(each.enough for each in _telling_of(draft))
        return replace(draft, p_value=p, word=draft.word if kept else "inconclusive")
    least = max((each for each in draft.decided if not each.why), key=lambda each: min(each.p_holds, each.p_opposite))
    reason = Text(
        "The figures do not decide it (p = {p:.2f}, all claims taken together). Not settled is this: {about}.",
        "De cijfers geven geen uitsluitsel (p = {p:.2f}, over alle stellingen samen). Dit staat niet vast: {about}.",
        p=p,
        about=least.about,
    )
    return replace(draft, word="inconclusive", reason=reason, p_value=p)


def _telling_of(draft: Verdict) -> list[Decided]:
    rule = rule_of(draft.claim)
    assert isinstance(rule, Rule)
    rest = iter(draft.decided)
    parts = [[next(rest) for _ in part] for part in rule.alternatives]
    return _telling(parts, draft.word)
