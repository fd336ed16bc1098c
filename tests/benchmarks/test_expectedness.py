from __future__ import annotations

import json
from pathlib import Path

from finetune.nets.label_reaction_rows import label_sections
from tests.benchmarks.expectedness import measured, run


def made_up(folder: Path) -> Path:
    """Two labels that nobody has learned from, with codes of our own."""
    (folder / "label_reactions").mkdir()
    rows = []
    for label in ("MADEUPOL", "INVENTIN", "FICTAMAB"):
        text = f"The most common adverse reactions to {label} were nausea and rash. It is given for migraine."
        events = [["nausea", "Nausea", 1.0, "Nausea", 1.0, "0", "6", "human"]]
        events.append(["rash", "Rash", 2.0, "Rash", 2.0, "0", "4", "human"])
        if label == "FICTAMAB":
            text += " Migraine was reported."
            events.append(["migraine", "Migraine", 3.0, "Migraine", 3.0, "0", "8", "human"])
        rows.append(
            {"label_id": label, "section_name": "adverse reactions", "section_text": text, "adverse_events": events}
        )
    (folder / "label_reactions" / "made_up.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder


def test_labels_that_nobody_learned_from_are_measured_with_the_shipped_net(tmp_path: Path) -> None:
    data = made_up(tmp_path)
    assert len(measured(label_sections(data))) == 3
    report = run(data)
    assert report.metrics["labels measured"].value == 3
    assert report.metrics["decisions of our own table that are right"].value == 1
    ours = report.metrics["concepts, names of all terms: micro F1"].value
    assert ours > report.peers["look-up of strings, names of all terms"]["F1"]
    assert ours == 1
