"""Textbook graphs with their answer: each route where it is right, and where it must be refused."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx


@dataclass(frozen=True)
class Textbook:
    """A graph, its hidden nodes, and what identification of X -> Y must say."""

    name: str
    reference: str
    edges: str
    hidden: str = ""
    selected: str = ""
    answer: str = "back_door"
    adjustment: tuple[str, ...] | None = None
    help: tuple[tuple[str, ...], ...] | None = None

    @property
    def graph(self) -> nx.DiGraph:
        graph = nx.DiGraph([tuple(edge.split(">")) for edge in self.edges.split()])
        for node in self.hidden.split():
            graph.nodes[node]["observed"] = False
        for node in self.selected.split():
            graph.nodes[node]["selected"] = True
        return graph


PEARL = "Pearl 2009, Causality"
TEXTBOOK = (
    Textbook("randomised", PEARL, "X>Y Z>Y", adjustment=()),
    Textbook("confounding", f"{PEARL}, 3.3", "Z>X Z>Y X>Y", adjustment=("Z",)),
    Textbook("hidden confounding (bow arc)", f"{PEARL}, 3.5", "U>X U>Y X>Y", "U",
             answer="not_identified", help=(("U",),)),
    Textbook("M-bias", "Greenland, Pearl and Robins 1999", "A>M A>X B>M B>Y X>Y", adjustment=()),
    Textbook("M-bias, causes hidden", "Greenland, Pearl and Robins 1999", "A>M A>X B>M B>Y X>Y", "A B", adjustment=()),
    Textbook("butterfly", "Ding and Miratrix 2015", "A>M A>X B>M B>Y M>X M>Y X>Y"),
    Textbook("butterfly, both causes hidden", "Ding and Miratrix 2015", "A>M A>X B>M B>Y M>X M>Y X>Y", "A B",
             answer="not_identified", help=(("A",), ("B",))),
    Textbook("mediator", PEARL, "X>M M>Y X>Y", adjustment=()),
    Textbook("mediator with confounded outcome", "Cole and Hernan 2002", "X>M M>Y U>M U>Y", "U", adjustment=()),
    Textbook("descendant of the outcome", PEARL, "Z>X Z>Y X>Y Y>D", adjustment=("Z",)),
    Textbook("front door", f"{PEARL}, 3.3.2", "U>X U>Y X>M M>Y", "U", answer="front_door"),
    Textbook("front door, two mediators", f"{PEARL}, 3.3.2", "U>X U>Y X>M M>Y X>N N>Y", "U", answer="front_door"),
    Textbook("front door, confounder measured on the first stage", "Bellemare, Bloem and Wexler 2024",
             "U>X U>Y X>M M>Y C>X C>M", "U", answer="front_door"),
    Textbook("front door spoilt: direct link", f"{PEARL}, 3.3.2", "U>X U>Y X>M M>Y X>Y", "U", answer="not_identified"),
    Textbook("front door spoilt: mediator confounded with treatment", f"{PEARL}, 3.3.2", "U>X U>Y U>M X>M M>Y", "U",
             answer="not_identified", help=(("U",),)),
    Textbook("front door spoilt: mediator confounded with outcome", f"{PEARL}, 3.3.2", "U>X U>Y X>M M>Y V>M V>Y", "U V",
             answer="not_identified"),
    Textbook("instrument", "Angrist, Imbens and Rubin 1996", "Z>X X>Y U>X U>Y", "U", answer="instrument"),
    Textbook("instrument spoilt: it reaches the outcome directly", "Angrist, Imbens and Rubin 1996",
             "Z>X Z>Y X>Y U>X U>Y", "U", answer="not_identified", help=(("U",),)),
    Textbook("instrument spoilt: it shares a hidden cause with the outcome", "Brito and Pearl 2002",
             "Z>X X>Y U>X U>Y V>Z V>Y", "U V", answer="not_identified"),
    Textbook("conditional instrument", "Brito and Pearl 2002", "Z>X W>Z W>Y X>Y U>X U>Y", "U", answer="instrument",
             adjustment=("W",)),
    Textbook("conditional instrument spoilt: the condition is hidden", "Brito and Pearl 2002",
             "Z>X W>Z W>Y X>Y U>X U>Y", "U W", answer="not_identified", help=(("U",),)),
    Textbook("napkin (by a conditional instrument in linear systems)", "Pearl and Mackenzie 2018",
             "W>Z Z>X X>Y U>W U>X V>W V>Y", "U V", answer="instrument", adjustment=("W",)),
    Textbook("recanting witness: the total effect stands", "Avin, Shpitser and Pearl 2005", "X>W W>M W>Y M>Y X>M X>Y",
             adjustment=()),
    Textbook("recanting witness with hidden confounding", "Avin, Shpitser and Pearl 2005",
             "X>W W>M W>Y M>Y X>M X>Y U>X U>Y", "U", answer="not_identified"),
    Textbook("survivors only", "Hernan, Hernandez-Diaz and Robins 2004", "X>S U>S U>Y X>Y", "U", "S",
             answer="not_identified", help=(("U",),)),
    Textbook("survivors only, their other cause measured", "Hernan, Hernandez-Diaz and Robins 2004", "X>S U>S U>Y X>Y",
             "", "S", adjustment=("U",)),
    Textbook("survival caused by the outcome", "Hernan, Hernandez-Diaz and Robins 2004", "X>Y Y>S", "", "S",
             answer="not_identified"),
    Textbook("survivors seen as any other KPI", "Hernan, Hernandez-Diaz and Robins 2004", "X>S U>S U>Y X>Y", "U",
             adjustment=()),
    Textbook("selection that has nothing to do with it", PEARL, "X>Y A>S", "", "S", adjustment=()),
    Textbook("no effect", PEARL, "Z>X Z>Y", answer="structural_zero"),
    Textbook("reversed", PEARL, "Y>X", answer="structural_zero"),
    Textbook("proxy of a hidden confounder does not close the path", "Pearl 2010", "U>X U>Y U>P X>Y", "U",
             answer="not_identified", help=(("U",),)),
    Textbook("backdoor closed by a descendant of the confounder", f"{PEARL}, 3.3", "U>Z Z>X U>Y X>Y", "U",
             adjustment=("Z",)),
)  # fmt: skip
