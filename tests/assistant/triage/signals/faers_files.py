"""Writes small FAERS quarters as the FDA lays them out: the real columns, `$` between fields, CRLF, folders."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HEADERS = {
    "DEMO": (
        "primaryid$caseid$caseversion$i_f_code$event_dt$mfr_dt$init_fda_dt$fda_dt$rept_cod$auth_num$mfr_num$mfr_sndr"
        "$lit_ref$age$age_cod$age_grp$sex$e_sub$wt$wt_cod$rept_dt$to_mfr$occp_cod$reporter_country$occr_country"
    ),
    "DRUG": (
        "primaryid$caseid$drug_seq$role_cod$drugname$prod_ai$val_vbm$route$dose_vbm$cum_dose_chr$cum_dose_unit$dechal"
        "$rechal$lot_num$exp_dt$nda_num$dose_amt$dose_unit$dose_form$dose_freq"
    ),
    "REAC": "primaryid$caseid$pt$drug_rec_act",
    "OUTC": "primaryid$caseid$outc_cod",
    "RPSR": "primaryid$caseid$rpsr_cod",
    "THER": "primaryid$caseid$dsg_drug_seq$start_dt$end_dt$dur$dur_cod",
    "INDI": "primaryid$caseid$indi_drug_seq$indi_pt",
}


@dataclass(frozen=True)
class Report:
    """One version of a case. `drugs` are (role, name, ingredient)."""

    case: int
    version: int
    drugs: tuple[tuple[str, str, str], ...]
    events: tuple[str, ...]
    received: str = "20250703"
    age: str = "45"
    age_code: str = "YR"
    sex: str = "F"
    country: str = "US"
    occupation: str = "MD"
    outcomes: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        return int(f"{self.case}{self.version}")


def texts(reports: Sequence[Report], headers: Mapping[str, str] = HEADERS) -> dict[str, str]:
    """The text of each of the seven files."""
    rows: dict[str, list[dict[str, str]]] = {name: [] for name in HEADERS}
    for one in reports:
        key = {"primaryid": str(one.number), "caseid": str(one.case)}
        rows["DEMO"].append(key | _demo(one))
        for place, (role, name, ingredient) in enumerate(one.drugs, start=1):
            drug = {"drug_seq": str(place), "role_cod": role, "drugname": name, "prod_ai": ingredient, "route": "Oral"}
            rows["DRUG"].append(key | drug)
            rows["THER"].append(key | {"dsg_drug_seq": str(place), "start_dt": "20250601"})
            rows["INDI"].append(key | {"indi_drug_seq": str(place), "indi_pt": "Product used for unknown indication"})
        rows["REAC"] += [key | {"pt": event} for event in one.events]
        rows["OUTC"] += [key | {"outc_cod": outcome, "outc_code": outcome} for outcome in one.outcomes]
    return {name: _text(headers[name], each) for name, each in rows.items()}


def _demo(one: Report) -> dict[str, str]:
    return {
        **{"caseversion": str(one.version), "i_f_code": "I" if one.version == 1 else "F", "fda_dt": one.received},
        **{"init_fda_dt": one.received, "rept_cod": "EXP", "age": one.age, "age_cod": one.age_code, "sex": one.sex},
        **{
            "gndr_cod": one.sex,
            "occp_cod": one.occupation,
            "occr_country": one.country,
            "reporter_country": one.country,
        },
    }


def _text(header: str, rows: Sequence[Mapping[str, str]]) -> str:
    columns = header.split("$")
    lines = [header, *("$".join(row.get(column, "") for column in columns) for row in rows)]
    return "\r\n".join(lines) + "\r\n"


def write_folder(folder: Path, quarter: str, files: Mapping[str, str], deleted: str = "") -> Path:
    """One unpacked quarter such as 25Q3 in the folders that the FDA uses."""
    (folder / "ASCII").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / "ASCII" / f"{name}{quarter}.txt").write_bytes(text.encode("latin-1"))
    if deleted:
        (folder / "Deleted").mkdir(exist_ok=True)
        (folder / "Deleted" / f"DELETE{quarter}.txt").write_text(deleted, encoding="utf-8")
    return folder


def write_zip(path: Path, quarter: str, files: Mapping[str, str], deleted: str = "") -> Path:
    """One quarter as the zip that the FDA publishes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"ASCII/{name}{quarter}.txt", text.encode("latin-1"))
        archive.writestr("Readme.pdf", b"%PDF-1.4")
        archive.writestr("FAQs.txt", "frequently asked")
        if deleted:
            archive.writestr(f"Deleted/DELETE{quarter}.txt", deleted)
    return path
