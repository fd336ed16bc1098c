"""`pharmassist prepare`: files of examples become a frozen snapshot to train on."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from finetune.example import Snapshot

FAILED = 1


def prepare(
    out: Annotated[Path, typer.Option(help="The snapshot's folder; new, or left by a run that was interrupted.")],
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files (.jsonl, .csv, .parquet) or folders of them.")
    ] = None,
    licence: Annotated[str, typer.Option(help="Licence of files that have no NAME.licence beside them.")] = "",
    validation: Annotated[float, typer.Option(help="Share of the rows for validation.")] = 0.12,
    held_out: Annotated[float, typer.Option(help="Share of the rows whose medicines are held out.")] = 0.08,
    language: Annotated[list[str] | None, typer.Option(help="Languages to keep (ISO 639-1); repeat for more.")] = None,
    near: Annotated[float, typer.Option(help="Likeness from which two rows are copies, 0.5 to 1.")] = 0.8,
    decisions: Annotated[
        Path | None, typer.Option(help="JSONL of what a person decided about rows that were held back.")
    ] = None,
    evaluation: Annotated[
        list[Path] | None, typer.Option(help="Further folders of evaluation sets (YAML) to keep out of the data.")
    ] = None,
    earlier: Annotated[
        list[Path] | None, typer.Option(help="Earlier snapshots, whose held-out medicines stay held out.")
    ] = None,
    mesh: Annotated[Path | None, typer.Option(help="Your copy of MeSH: desc20XX.xml.")] = None,
    snomed: Annotated[Path | None, typer.Option(help="Your copy of SNOMED CT: an RF2 release folder.")] = None,
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    on_ray: Annotated[bool, typer.Option("--ray", help="Work on Ray Data instead of on this machine alone.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Only check the snapshot in --out against its hashes.")
    ] = False,
) -> None:
    """Clean, mask, compare, split and freeze examples. After an interruption, call it again: it goes on."""
    from finetune.prepare.embedded import embedded
    from finetune.prepare.on_ray import on_ray as ray_engine
    from finetune.prepare.pipeline import prepare as prepared
    from finetune.prepare.settings import Settings, Vocabularies
    from finetune.prepare.sheet import read_sheet
    from ui.settings import load

    if verify:
        raise typer.Exit(_verified(out))
    if not paths:
        raise typer.BadParameter("name files or folders to read, or --verify", param_hint="PATHS")
    settings = Settings(
        validation=validation, held_out=held_out, languages=tuple(language or ("en",)), near=near, workers=workers,
        pseudonym_key=pseudonym_key(load().loop),
    )  # fmt: skip
    before = [name for folder in earlier or () for name in read_sheet(folder).held_out]
    snapshot = prepared(
        paths, out, settings, licence=licence, judged=decisions, evaluation=evaluation or (),
        vocabularies=Vocabularies(mesh, snomed), held_out_before=before,
        engine=ray_engine if on_ray else embedded, on_progress=_show,
    )  # fmt: skip
    print(_words(snapshot, out))


def pack(
    snapshot: Annotated[Path, typer.Argument(help="A frozen snapshot.")],
    base: Annotated[str, typer.Option(help="The base model whose tokeniser and chat template are used.")],
    out: Annotated[Path, typer.Option(help="The Parquet file to write: input_ids, labels, position_ids, lengths.")],
    max_tokens: Annotated[int, typer.Option(help="Tokens of a sequence, as in the recipe.", min=16)] = 2048,
) -> None:
    """Tokenise a snapshot's training rows and pack them, for another trainer, or to count tokens before hiring GPUs.

    Our own training does this by itself.
    """
    from finetune.base_model import find_base, load_tokenizer
    from finetune.example import Split
    from finetune.prepare.pack import pack_split
    from finetune.prepare.tokenise import OfTransformers
    from finetune.snapshot import require_unchanged

    require_unchanged(snapshot)
    made = pack_split(snapshot, Split.TRAIN, OfTransformers(load_tokenizer(find_base(base))), max_tokens, out)
    print(f"{made.examples:,} examples of {made.tokens:,} tokens, {made.learned:,} of them learned")
    print(f"{made.sequences:,} sequences of {made.most:,} tokens, {made.filled:.1%} filled: {out}")
    if made.too_long:
        print(f"{made.too_long:,} examples are longer than a sequence and were left out")


def pseudonym_key(folder: Path) -> str:
    """The key of this installation's pseudonyms, made at its first use, whole, and readable by its owner alone.

    Raises `PrepareRefused` where the file holds no key.
    """
    from finetune.errors import PrepareRefused

    path = folder / "pseudonym.key"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".pseudonym.key.{os.getpid()}"
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32), encoding="utf-8")
        with suppress(FileExistsError):  # another process was faster, and its key counts
            path.hardlink_to(fresh)
        fresh.unlink()
    key = path.read_text(encoding="utf-8").strip()
    if len(key) < 64:
        raise PrepareRefused(f"{path} holds no whole key, so pseudonyms would protect nobody; put it back from a copy.")
    return key


def _verified(folder: Path) -> int:
    from finetune.snapshot import read_snapshot, verify

    wrong = verify(folder)
    print("\n".join(wrong) or f"Snapshot {read_snapshot(folder).id} is as it was frozen.")
    return FAILED if wrong else 0


def _show(what: str, done: int, of: int) -> None:
    end = "\n" if done >= of else ""
    print(f"\r{what}: {done} of {of}   ", end=end, file=sys.stderr, flush=True)


def _words(snapshot: Snapshot, out: Path) -> str:
    rows = ", ".join(f"{count:,} {split.value.replace('_', ' ')}" for split, count in snapshot.rows.items())
    todo = f"Read {out / 'sheet.md'}, and decide about the rows in {out / 'reports' / 'inconsistencies.jsonl'}."
    return f"Snapshot {snapshot.id}\n{rows}\n{todo}"
