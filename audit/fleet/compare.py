"""Comparing sellers: a row of measures for each, and how far each is from its peers.

Peers are sellers with receipts of a like size (groups by the median receipt). Distance is a robust score:
how many times the peers' usual deviation (1.4826 x the median absolute one) a seller is from their median.
It needs no law of distribution, and a few cheats among the peers do not move it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.fleet.measures import MEASURES, Measure
from audit.fleet.tables import open_duckdb

if TYPE_CHECKING:
    from pathlib import Path

FAR = 5.0  # a score from which a seller stands out by one measure
PEERS = 50  # sellers in a group of peers, about
MOST = 100  # sellers listed
BINS = 24

_SELLERS = """
CREATE TABLE seller_row AS
WITH newest AS (
    SELECT * FROM read_parquet($counts) AS one WHERE NOT EXISTS (
        SELECT 1 FROM read_parquet($counts) AS other
        WHERE other.seller = one.seller AND other.first <= one.last AND one.first <= other.last
            AND (other.exported, other.bundle) > (one.exported, one.bundle))),
counts AS (
    SELECT seller, any_value(name) AS name, min(first) AS first, max(last) AS last,
        sum(captured) AS captured, sum(sales) AS sales, sum(voids) AS voids, sum(refunds) AS refunds,
        sum(copies) AS copies, sum(drawers) AS drawers, sum(training) AS training,
        sum(dismissed) AS dismissed, max(report_gap) AS report_gap, sum(missing_receipts) AS missing_receipts,
        sum(serious) AS serious, sum(look) AS look,
        string_agg(worst, ',') FILTER (worst <> '') AS worst
    FROM newest GROUP BY seller),
sale AS (
    SELECT *, CAST("at" AS DATE) AS day, hour("at") AS hour FROM read_parquet($sales)
    WHERE bundle IN (SELECT bundle FROM newest)),
digit AS (
    SELECT seller, CAST(left(CAST(total AS VARCHAR), 1) AS INTEGER) AS digit, count(*) AS found
    FROM sale WHERE total > 0 GROUP BY ALL),
benford AS (
    SELECT whole.seller, sum(abs(coalesce(found, 0) / whole - log10(1 + 1.0 / wanted))) / 9 AS benford
    FROM (SELECT seller, sum(found) AS whole FROM digit GROUP BY seller) AS whole
    CROSS JOIN (SELECT unnest(range(1, 10)) AS wanted)
    LEFT JOIN digit ON digit.seller = whole.seller AND digit.digit = wanted GROUP BY whole.seller),
by_day AS (SELECT seller, day, sum(total) AS amount FROM sale GROUP BY ALL),
placed AS (SELECT *, ntile(3) OVER (PARTITION BY seller ORDER BY day) AS third FROM by_day),
halves AS (
    SELECT seller, count(*) AS days, median(amount) FILTER (third < 3) AS early_day,
        median(amount) FILTER (third = 3) AS late_day FROM placed GROUP BY seller),
by_hour AS (SELECT seller, hour, count(DISTINCT day) AS days_sold FROM sale GROUP BY ALL),
opening AS (
    SELECT seller, sum(days) AS open_hours, sum(days - days_sold) AS dead_hours
    FROM by_hour JOIN halves USING (seller) WHERE days_sold >= 0.5 * days GROUP BY seller),
summed AS (
    SELECT seller, count(*) AS sales_seen, sum(total)::DOUBLE AS turnover, sum(tax)::DOUBLE AS tax,
        approx_quantile(total, 0.5) AS receipt, count(*) FILTER (late) AS late,
        count(*) FILTER (total % 50000 = 0) AS round_totals
    FROM sale GROUP BY seller)
SELECT * FROM summed
JOIN halves USING (seller)
LEFT JOIN benford USING (seller)
LEFT JOIN opening USING (seller)
JOIN counts USING (seller)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one seller stands by one measure."""

    measure: Measure
    value: float
    usual: float  # the peers' median
    score: float  # above zero: to the suspicious side


@dataclass(frozen=True, slots=True)
class Seller:
    """One seller with what stands out, farthest first."""

    seller: str
    name: str
    sales: int
    turnover: int
    days: int
    serious: int
    look: int
    worst: tuple[str, ...]
    standing: tuple[Standing, ...]

    @property
    def score(self) -> float:
        """The farthest measure, and a little for each other one."""
        scores = [one.score for one in self.standing]
        return max(scores, default=0.0) + sum(min(score, 20.0) for score in scores[1:]) / 10


@dataclass(frozen=True, slots=True)
class Spread:
    """How all sellers are spread over a measure, for a chart: ``bins`` from ``low`` to ``high``."""

    measure: Measure
    low: float
    high: float
    bins: tuple[int, ...]
    far: tuple[float, ...]  # values of the sellers that stand out by it


@dataclass(frozen=True, slots=True)
class Fleet:
    """All sellers compared."""

    sellers: int
    sales: int
    turnover: int
    first: str
    last: str
    outliers: tuple[Seller, ...]
    more: int
    spreads: tuple[Spread, ...]


def compare(folder: Path) -> Fleet:
    """Compare all sellers whose tables stand in ``folder``.

    Raises:
        FleetUnavailable: DuckDB is not installed.
    """
    with open_duckdb(folder / "spill") as connection:
        connection.execute(
            _SELLERS,
            {"sales": str(folder / "*.sales.parquet"), "counts": str(folder / "*.counts.parquet")},
        )
        connection.execute(
            "CREATE TABLE peer AS SELECT seller, ntile(greatest(1, (SELECT count(*) // ? FROM"
            " seller_row)::INT))"
            " OVER (ORDER BY receipt) AS peers FROM seller_row",
            [PEERS],
        )
        for measure in MEASURES:
            connection.execute(_scored(measure))
        whole = connection.execute(
            "SELECT count(*), sum(sales_seen), sum(turnover), min(first), max(last) FROM seller_row"
        ).fetchone() or (0, 0, 0, "", "")
        standing = {
            measure.name: {
                row[0]: Standing(measure, *row[1:])
                for row in connection.execute(
                    f"SELECT seller, value, usual, score FROM score_{measure.name} WHERE score >= ?",  # noqa: S608
                    [FAR],
                ).fetchall()
            }
            for measure in MEASURES
        }
        rows = connection.execute(
            "SELECT seller, name, sales_seen, turnover, days, serious, look, worst FROM seller_row"
        ).fetchall()
        spreads = tuple(_spread(connection, measure, standing[measure.name]) for measure in MEASURES)
    sellers = [_seller(row, standing) for row in rows]
    far = [one for one in sellers if one.standing or one.serious]
    far.sort(key=lambda one: (-(one.score + 3 * one.serious), one.seller))
    return Fleet(
        sellers=int(whole[0]),
        sales=int(whole[1] or 0),
        turnover=int(whole[2] or 0),
        first=str(whole[3] or ""),
        last=str(whole[4] or ""),
        outliers=tuple(far[:MOST]),
        more=max(0, len(far) - MOST),
        spreads=tuple(spread for spread in spreads if spread is not None),
    )


def _scored(measure: Measure) -> str:
    """Each seller's distance from the median of its peers, in robust deviations."""
    sign = "" if measure.high else "-"
    return (
        f"CREATE TABLE score_{measure.name} AS"  # noqa: S608 - our own table of measures
        f" WITH valued AS (SELECT seller, peers, {measure.sql} AS value FROM seller_row JOIN peer USING"
        " (seller)),"
        " middle AS (SELECT peers, median(value) AS usual FROM valued GROUP BY peers),"
        " spread AS (SELECT peers, usual, 1.4826 * median(abs(value - usual)) AS deviation"
        " FROM valued JOIN middle USING (peers) GROUP BY ALL)"
        f" SELECT seller, value::DOUBLE AS value, usual::DOUBLE AS usual,"
        f" ({sign}(value - usual) / greatest(deviation, {measure.floor}))::DOUBLE AS score"
        " FROM valued JOIN spread USING (peers) WHERE value IS NOT NULL"
    )


def _seller(row: tuple[Any, ...], standing: dict[str, dict[str, Standing]]) -> Seller:
    seller, name, sales, turnover, days, serious, look, worst = row
    own = [by_seller[seller] for by_seller in standing.values() if seller in by_seller]
    return Seller(
        seller=seller,
        name=name or "",
        sales=int(sales),
        turnover=int(turnover or 0),
        days=int(days),
        serious=int(serious or 0),
        look=int(look or 0),
        worst=tuple(sorted(set(filter(None, (worst or "").split(","))))),
        standing=tuple(sorted(own, key=lambda one: -one.score)),
    )


def _spread(connection: Any, measure: Measure, far: dict[str, Standing]) -> Spread | None:
    """A histogram; the sellers that stand out are drawn apart, so its range is that of nearly all."""
    table = f"score_{measure.name}"
    low, high = connection.execute(
        f"SELECT quantile_cont(value, 0.005), quantile_cont(value, 0.995) FROM {table}"  # noqa: S608
    ).fetchone()
    if low is None:
        return None
    values = [one.value for one in far.values()]
    low, high = min([low, *values]), max([high, *values])
    if high <= low:
        return None
    bins = [0] * BINS
    found = connection.execute(
        f"SELECT least({BINS - 1}, greatest(0, floor((value - ?) / (? - ?) * {BINS})))::INT AS bin, count(*)"  # noqa: S608
        f" FROM {table} GROUP BY bin",
        [low, high, low],
    ).fetchall()
    for place, number in found:
        bins[place] = number
    return Spread(measure, low, high, tuple(bins), tuple(values))
