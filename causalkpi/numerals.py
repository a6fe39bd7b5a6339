"""Numbers for a reader, in English and Dutch: rounded to what their interval can carry."""

from __future__ import annotations

import math

from .language import MINUS, RAISED, decimal_comma
from .vocabulary import WORDS

INFINITY = "\N{INFINITY}"
_MOST_DECIMALS, _LARGEST = 7, 1e15


def decimals(spread: float) -> int:
    """How many decimals show two significant digits of a spread, such as half an interval.

    Examples
    --------
    >>> decimals(0.00031), decimals(4.2), decimals(1234.0), decimals(0.0)
    (5, 1, 0, 3)
    """
    if not math.isfinite(spread) or spread <= 0:
        return 3
    return max(0, 1 - math.floor(math.log10(spread)))


def number(value: float, spread: float = math.nan, *, plain: bool = False, language: str = "en") -> str:
    """A number as exactly as its uncertainty allows, with a real minus sign.

    Parameters
    ----------
    value : float
    spread : float
        What it is uncertain by; without one it gets three significant digits.
    plain : bool
        ASCII only, for a terminal.
    language : {"en", "nl"}
        Whose signs for decimals and thousands.

    Examples
    --------
    >>> number(-0.0002841, 0.00003), number(1234567.8, 2000), number(-2.8e-9), number(0.0)
    ('−0.000284', '1,234,568', '−2.80 × 10⁻⁹', '0')
    >>> number(-0.25, 0.1, plain=True)
    '-0.25'
    >>> number(-1234567.8, 2000, language="nl"), number(0.25, 0.1, language="nl")
    ('−1.234.568', '0,25')
    """
    text = decimal_comma(_number(value, spread), language)
    if plain:
        return text.replace(" × 10", "e").replace(INFINITY, "inf").translate(_LOWERED)
    return text.replace("-", MINUS)


_LOWERED = {ord(raised): plain for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)}


def _number(value: float, spread: float) -> str:
    if math.isnan(value):
        return "?"
    if math.isinf(value):
        return ("-" if value < 0 else "") + INFINITY
    if value == 0:
        return "0"
    places = decimals(spread) if math.isfinite(spread) and spread > 0 else 2 - math.floor(math.log10(abs(value)))
    if places > _MOST_DECIMALS or abs(value) >= _LARGEST:
        exponent = math.floor(math.log10(max(abs(value), spread if math.isfinite(spread) else 0.0)))
        digits = min(6, max(0, places + exponent))
        return f"{value / 10.0**exponent:.{digits}f} × 10{str(exponent).translate(RAISED)}"
    text = f"{value:,.{max(0, places)}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text  # no minus before a rounded zero


def interval(low: float, high: float, *, plain: bool = False, language: str = "en") -> str:
    """Both ends of an interval, to the same number of decimals.

    Examples
    --------
    >>> interval(-0.000312, -0.000256)
    '−0.000312 to −0.000256'
    >>> interval(-math.inf, 2.25)
    '−∞ to 2.25'
    >>> interval(-0.312, -0.256, language="nl")
    '−0,312 tot −0,256'
    """
    spread = (high - low) / 2
    low_end, high_end = (number(end, spread, plain=plain, language=language) for end in (low, high))
    ends = {"low": low_end, "high": high_end}
    return WORDS[language]["interval"].format(**ends)


def p_value(p: float, language: str = "en") -> str:
    """A p-value for a reader; empty where there is none.

    Examples
    --------
    >>> p_value(0.0312), p_value(1e-9), p_value(0.2), p_value(math.nan)
    ('p = 0.031', 'p < 0.001', 'p = 0.20', '')
    >>> p_value(0.0312, "nl"), p_value(1e-9, "nl")
    ('p = 0,031', 'p < 0,001')
    """
    if math.isnan(p):
        return ""
    if p < 0.001:
        return WORDS[language]["p_small"]
    return WORDS[language]["p"].format(value=decimal_comma(f"{p:.3f}" if p < 0.1 else f"{p:.2f}", language))


def percent(share: float, spread: float = math.nan, *, plain: bool = False, language: str = "en") -> str:
    """A share as a percentage, as exactly as its uncertainty allows.

    Examples
    --------
    >>> percent(0.0312, 0.004), percent(-0.0312, 0.004, language="nl"), percent(0.5, 0.2)
    ('3.12%', '−3,12%', '50%')
    """
    return number(100 * share, 100 * spread, plain=plain, language=language) + "%"


def euro(value: float, spread: float = math.nan, language: str = "en", *, plain: bool = False) -> str:
    """An amount of money, in millions or billions where it is large.

    Parameters
    ----------
    value : float
        In euro.
    spread : float
        What it is uncertain by, in euro; without one it gets three significant digits.
    language : {"en", "nl"}
    plain : bool
        ASCII only, for a terminal.

    Examples
    --------
    >>> euro(1_234_567, 200_000), euro(1_234_567, 200_000, "nl"), euro(-12_345, 800, "nl")
    ('EUR 1.23 million', '€ 1,23 mln', '€ −12.345')
    >>> euro(-2.5e9, 1e9, "nl", plain=True)
    'EUR -2,5 mld'
    """
    sign = "€" if language == "nl" and not plain else "EUR"
    large = next((size for size in (1e9, 1e6) if math.isfinite(value) and abs(value) >= size), 1.0)
    named = {1e9: ("billion", "mld"), 1e6: ("million", "mln")}.get(large)
    amount = number(value / large, spread / large, plain=plain, language=language)
    return " ".join(filter(None, (sign, amount, named[language == "nl"] if named else "")))
