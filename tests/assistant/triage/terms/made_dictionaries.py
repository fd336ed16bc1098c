"""A dictionary in MedDRA's ASCII format with made-up codes, and WHODrug rows likewise: nothing of theirs is copied."""

from __future__ import annotations

from pathlib import Path

PTS = {
    "90000001": ("Vomiting", "Gut disorders"),
    "90000002": ("Hepatitis", "Liver disorders"),
    "90000003": ("Hepatitis fulminant", "Liver disorders"),
    "90000004": ("Diarrhoea", "Gut disorders"),
    "90000005": ("Hyperkalaemia", "Metabolism disorders"),
    "90000006": ("Hypokalaemia", "Metabolism disorders"),
}
LLTS = (
    ("90000001", "Vomiting", "90000001", "Y"),
    ("90000101", "Throwing up", "90000001", "Y"),
    ("90000102", "Vomited NOS", "90000001", "N"),
    ("90000002", "Hepatitis", "90000002", "Y"),
    ("90000003", "Hepatitis fulminant", "90000003", "Y"),
    ("90000004", "Diarrhoea", "90000004", "Y"),
    ("90000005", "Hyperkalaemia", "90000005", "Y"),
    ("90000006", "Hypokalaemia", "90000006", "Y"),
)


def meddra_folder(folder: Path, release: str = "29.1$English$$$$\n") -> Path:
    """Write the made-up dictionary into a MedAscii folder below `folder`."""
    ascii_folder = folder / "MedAscii"
    ascii_folder.mkdir(parents=True)
    llt = "".join("$".join((code, name, pt, *[""] * 6, current, "", "")) + "\r\n" for code, name, pt, current in LLTS)
    (ascii_folder / "llt.asc").write_bytes(llt.encode())
    pt = "".join(f"{code}${name}$$91$$$$$$$$\r\n" for code, (name, _) in PTS.items())
    (ascii_folder / "pt.asc").write_bytes(pt.encode())
    rows = []
    for code, (name, group) in PTS.items():
        rows.append(f"{code}$92$93$94${name}$High$Higher$Other organs$Oth$$94$N$\r\n")
        rows.append(f"{code}$92$93$91${name}$High$Higher${group}$Own$$91$Y$\r\n")
    (ascii_folder / "mdhier.asc").write_bytes("".join(rows).encode())
    (ascii_folder / "meddra_release.asc").write_text(release, encoding="utf-8")
    return folder


def whodrug_row(code: str, name: str) -> str:
    """One row of DD.txt: eleven digits and a check digit, then the name from column 31 on."""
    return f"{code}0".ljust(30) + name + "\n"
