"""The report: evidence written for a reader, in English or Dutch. It adds no fact."""

from .page import to_html

__all__ = ["to_html"]
