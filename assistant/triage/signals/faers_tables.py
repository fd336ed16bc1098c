"""Turns the text files of FAERS quarters into tables of reports, products and events: one version of each case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import polars as pl

from assistant.triage.signals.age import age_group
from assistant.triage.signals.errors import FaersInvalid
from assistant.triage.signals.report_set import UNKNOWN, ReportSet, folded

STRATA = ("sex", "age_group", "year", "quarter", "country", "reporter", "serious")

MOST_BROKEN = 0.05
"""A file with a larger share of lines that do not fit its header is refused; fewer are left out and counted."""


class Names(StrEnum):
    """What counts as the product: FDA's active ingredient where it is given (since 2014), or the name as reported."""

    INGREDIENT = "ingredient"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class Files:
    """The text files of each table, oldest quarter first."""

    demo: tuple[Path, ...]
    drug: tuple[Path, ...]
    reac: tuple[Path, ...]
    outc: tuple[Path, ...]


_ROLES = {"PS": "suspect", "SS": "suspect", "I": "interacting", "C": "concomitant"}
_NOT_GIVEN = "DN"
"""The role of a medicine that was not administered: it caused nothing and is never counted."""

_SEX = {"F": "female", "M": "male"}
_REPORTERS = {
    **{"MD": "physician", "PH": "pharmacist", "HP": "health professional", "OT": "other", "RN": "nurse"},
    **{"CN": "consumer", "LW": "lawyer"},
}
_YEARS = {"DEC": 10.0, "YR": 1.0, "MON": 1 / 12, "WK": 7 / 365.25, "DY": 1 / 365.25, "HR": 1 / 8766}


def build(name: str, work: Path, files: Files, deleted: Sequence[Path], names: Names) -> ReportSet:
    """Reduce the text files to three Parquet files in `work` and open them as a set.

    Raises:
        FaersInvalid: a column is missing, too many lines do not fit their header, or no case is left.
    """
    read = _Reader()
    versions = pl.concat([_demo(read, file) for file in files.demo])
    kept, told = _newest(versions, _deleted_cases(deleted))
    serious = [read.columns(file, "primaryid").unique() for file in files.outc]
    reports = _with_seriousness(kept, serious).drop("caseid").rename({"primaryid": "report"})
    if reports.is_empty():
        raise FaersInvalid(f"{name} holds no case that was not deleted.")
    reports.write_parquet(work / "reports.parquet")
    known = reports.lazy().select("report")
    parts = (
        ("products", [_drug(read, file, names) for file in files.drug]),
        ("events", [_reac(read, file) for file in files.reac]),
    )
    for table, frames in parts:
        _sink(pl.concat(frames).join(known, on="report", how="semi"), work / f"{table}.parquet")
    scanned = {each: pl.scan_parquet(work / f"{each}.parquet") for each in ("products", "events", "reports")}
    return ReportSet(name, scanned["products"], scanned["events"], scanned["reports"], STRATA, (*told, *read.broken))


class _Reader:
    """Reads columns of `$`-separated files and remembers how many lines of each did not fit its header."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self._checked: set[Path] = set()

    def columns(self, file: Path, *wanted: str | tuple[str, ...]) -> pl.LazyFrame:
        """The wanted columns as text, empty cells missing; a tuple names alternatives, "" among them allows none."""
        header = _header(file)
        lines = _lines(file)
        fields = pl.col("line").str.split("$")
        # Some quarters end every line with one more separator.
        fits = (fields.list.len() == len(header)) | (
            (fields.list.len() == len(header) + 1) & pl.col("line").str.ends_with("$")
        )
        chosen = [_place(file, header, (each,) if isinstance(each, str) else each) for each in wanted]
        self._check(file, lines, fits)
        return lines.filter(fits).select(_cell(fields, place).alias(name) for name, place in chosen)

    def _check(self, file: Path, lines: pl.LazyFrame, fits: pl.Expr) -> None:
        if file in self._checked:
            return
        self._checked.add(file)
        try:
            total, good = lines.select(pl.len(), fits.sum().alias("good")).collect(engine="streaming").row(0)
        except pl.exceptions.PolarsError as error:
            raise FaersInvalid(f"{file.name} cannot be read: {str(error).splitlines()[0]}") from error
        broken = total - (good or 0)
        if total and broken > MOST_BROKEN * total:
            raise FaersInvalid(f"{broken} of {total} lines of {file.name} do not fit its header; get the file again.")
        if broken:
            self.broken.append(f"{broken} of {total} lines of {file.name} do not fit its header and were left out")


def _header(file: Path) -> list[str]:
    with file.open("rb") as opened:
        first = opened.readline(10_000)
    header = [each.strip().lower() for each in first.decode("utf-8-sig", errors="replace").rstrip("\r\n").split("$")]
    if header[0] == "isr":
        raise FaersInvalid(f"{file.name} is of the old AERS, before the last quarter of 2012; only FAERS is read.")
    return header[:-1] if header[-1] == "" else header


def _lines(file: Path) -> pl.LazyFrame:
    """The lines after the header; no quoting, because a quotation mark in FAERS is a character like any other."""
    unused = "\x1f"
    return (
        pl.scan_csv(
            file,
            separator=unused,
            has_header=False,
            skip_lines=1,
            quote_char=None,
            schema={"line": pl.String},
            encoding="utf8-lossy",
            extra_columns="ignore",
            raise_if_empty=False,
        )
        .select(pl.col("line").str.strip_chars_end("\r\n"))
        .filter(pl.col("line") != "")
    )


def _place(file: Path, header: list[str], alternatives: tuple[str, ...]) -> tuple[str, int | None]:
    """The column's name (its first alternative) and its place, None where it may be missing and is."""
    for each in alternatives:
        if each in header:
            return alternatives[0], header.index(each)
    if "" in alternatives:
        return alternatives[0], None
    raise FaersInvalid(f"{file.name} has no column {' or '.join(alternatives)}; it is no FAERS file of this kind.")


def _cell(fields: pl.Expr, place: int | None) -> pl.Expr:
    if place is None:
        return pl.lit(None, dtype=pl.String)
    text = fields.list.get(place, null_on_oob=True).str.strip_chars()
    return pl.when(text == "").then(None).otherwise(text)


def _demo(read: _Reader, file: Path) -> pl.LazyFrame:
    rows = read.columns(
        file,
        *("primaryid", "caseid", "caseversion", "fda_dt", ("init_fda_dt", ""), "age", "age_cod"),
        *(("sex", "gndr_cod"), ("occr_country", ""), ("occp_cod", "")),
    )
    received = pl.coalesce("init_fda_dt", "fda_dt").str.replace_all(r"\D", "")
    month = received.str.slice(4, 2).cast(pl.Int32, strict=False)
    year = pl.when(received.str.len_chars() >= 4).then(received.str.slice(0, 4))
    age = pl.col("age").cast(pl.Float64, strict=False) * pl.col("age_cod").replace_strict(_YEARS, default=None)
    return rows.select(
        pl.col("primaryid").cast(pl.Int64, strict=False),
        pl.col("caseid").cast(pl.Int64, strict=False),
        pl.col("caseversion").cast(pl.Int64, strict=False).fill_null(0),
        pl.col("fda_dt").str.replace_all(r"\D", "").cast(pl.Int64, strict=False).fill_null(0),
        pl.col("sex").replace_strict(_SEX, default=UNKNOWN),
        age_group(age).alias("age_group"),
        year.fill_null(UNKNOWN).alias("year"),
        pl.when(month.is_between(1, 12))
        .then(pl.format("{}Q{}", year, (month + 2) // 3))
        .fill_null(UNKNOWN)
        .alias("quarter"),
        pl.col("occr_country").str.to_uppercase().fill_null(UNKNOWN).alias("country"),
        pl.col("occp_cod").replace_strict(_REPORTERS, default=UNKNOWN).alias("reporter"),
    )


def _newest(versions: pl.LazyFrame, deleted: pl.Series) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The newest version of each case that was not deleted, and what was left out, in words."""
    rows = versions.collect(engine="streaming")
    named = rows.drop_nulls(["primaryid", "caseid"])
    order = ["caseversion", "fda_dt", "primaryid"]
    newest = named.sort(order, descending=True, maintain_order=True).unique("caseid", keep="first", maintain_order=True)
    # A report number under two cases would be counted twice: the newest case keeps it.
    newest = newest.unique("primaryid", keep="first", maintain_order=True)
    kept = newest.filter(~pl.col("caseid").is_in(deleted.implode()))
    told = (
        (len(rows) - len(named), "reports have no number of report or case and were left out"),
        (len(named) - len(newest), "older or repeated versions of cases were left out"),
        (len(newest) - len(kept), "cases that the FDA deleted were left out"),
    )
    return kept.drop("caseversion", "fda_dt"), tuple(f"{number} {what}" for number, what in told if number)


def _deleted_cases(files: Sequence[Path]) -> pl.Series:
    """The case numbers of all lists of deletions: one on a line, with blank lines and repetitions."""
    numbers: set[int] = set()
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as opened:
            for line in opened:
                text = line.strip().strip("$").strip()
                if text.isascii() and text.isdigit():
                    numbers.add(int(text))
    return pl.Series("caseid", sorted(numbers), dtype=pl.Int64)


def _with_seriousness(reports: pl.DataFrame, serious: list[pl.LazyFrame]) -> pl.DataFrame:
    """The column serious: yes where OUTC names an outcome, no where OUTC was read and names none."""
    if not serious:
        return reports.with_columns(serious=pl.lit(UNKNOWN))
    numbers = pl.concat(serious).select(pl.col("primaryid").cast(pl.Int64, strict=False)).drop_nulls().unique()
    found = numbers.with_columns(serious=pl.lit("yes")).collect(engine="streaming")
    return reports.join(found, on="primaryid", how="left").with_columns(pl.col("serious").fill_null("no"))


def _drug(read: _Reader, file: Path, names: Names) -> pl.LazyFrame:
    rows = read.columns(file, "primaryid", "role_cod", "drugname", ("prod_ai", ""))
    # A full stop after the name is a habit of some senders and would split the product in two.
    reported = folded(pl.col("drugname").str.strip_chars_end(". "))
    ingredient = folded(pl.col("prod_ai").str.strip_chars_end(". "))
    product = pl.coalesce(ingredient, reported) if names is Names.INGREDIENT else reported
    role = pl.col("role_cod").str.to_uppercase()
    return (
        rows.filter(role.ne_missing(_NOT_GIVEN))
        .select(
            pl.col("primaryid").cast(pl.Int64, strict=False).alias("report"),
            product.alias("product"),
            role.replace_strict(_ROLES, default="concomitant").alias("role"),
        )
        .drop_nulls()
    )


def _reac(read: _Reader, file: Path) -> pl.LazyFrame:
    rows = read.columns(file, "primaryid", "pt")
    report = pl.col("primaryid").cast(pl.Int64, strict=False).alias("report")
    return rows.select(report, folded(pl.col("pt")).alias("event")).drop_nulls()


def _sink(rows: pl.LazyFrame, target: Path) -> None:
    try:
        rows.sink_parquet(target)
    except pl.exceptions.PolarsError as error:
        raise FaersInvalid(f"A FAERS file cannot be read to its end: {str(error).splitlines()[0]}") from error
