"""The data that come with the package, described in ``datapackage.json`` beside them."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import pandas as pd

from .errors import DataError, Fault

DEMO = "waterland_bank.csv"


def load_demo() -> pd.DataFrame:
    """The demo panel: Waterland Bank, 120 branches over 24 quarters.

    The bank is simulated (:mod:`causalkpi.worlds.waterland`), so true effects are known; some
    survey waves are missing.

    Returns
    -------
    pandas.DataFrame
        One row per branch and quarter: ``unit``, ``period`` and a column per KPI, in the units that
        the graph ``customer_centred`` states.

    Raises
    ------
    DataError
        If the installation lacks the file.

    Examples
    --------
    >>> demo = load_demo()
    >>> demo["unit"].nunique(), demo["period"].nunique()
    (120, 24)
    """
    with find_data(DEMO).open("rb") as file:
        return pd.read_csv(file, dtype={"unit": "str", "period": "str"})


def find_data(name: str) -> Traversable:
    """A file of the data folder, be it installed or in a checkout.

    Parameters
    ----------
    name : str
        The file's name.

    Returns
    -------
    importlib.resources.abc.Traversable
        Something with ``open``, ``read_text`` and ``read_bytes``.

    Raises
    ------
    DataError
        If there is no such file, saying where it was looked for.

    Examples
    --------
    >>> find_data("datapackage.json").name
    'datapackage.json'
    """
    checkout = Path(__file__).resolve().parents[1] / "data"
    try:
        folders: list[Traversable] = [resources.files("causalkpi.data"), checkout]
    except ModuleNotFoundError:  # not installed: the data lie beside the package
        folders = [checkout]
    for folder in folders:
        file = folder.joinpath(name)
        if file.is_file():
            return file
    fault = Fault(
        name,
        "no such file in causalkpi.data, nor in data/ beside the package",
        "a file that came with the installation",
        "Install the package again.",
        rule="data-file",
    )
    raise DataError("The data of the package are not there.", [fault])
