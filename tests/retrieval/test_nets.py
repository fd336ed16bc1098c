"""Learned nets on the one encoder: they learn, they leave embeddings alone, and a broken one is an error."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from finetune.nets.trainer import PairRow, Recipe, TagRow, TextRow, operate_at, train
from retrieval.encoder import Encoder
from retrieval.errors import EncoderError
from retrieval.net_card import ADAPTER, HEAD, file_hash, read_card, write_card
from retrieval.nets import Nets
from retrieval.settings import RetrievalSettings
from tests.retrieval.test_encoder import small_model

COLOURS, TOWNS = ("red", "green", "blue", "black", "white"), ("Paris", "Rome", "Lima", "Oslo", "Cairo")
THINGS = ("coat", "door", "car", "cup", "hat", "roof", "book", "chair")
TINY = Recipe("tiny", "tag", ("O", "TOWN"), epochs=4, batch_size=8, learning_rate=1e-3, max_tokens=48)


def tag_rows() -> list[TagRow]:
    made = []
    for place, thing in enumerate(THINGS * 4):
        town = TOWNS[place % 5]
        text = f"the {COLOURS[place % 5]} {thing} from {town} arrived"
        made.append(TagRow(text, ((text.index(town), text.index(town) + len(town), "TOWN"),)))
    return made


def pair_rows() -> list[PairRow]:
    """Wrong where either of the two says "never"."""
    made = []
    for place, thing in enumerate(THINGS * 6):
        claim = f"the {thing} is {'never ' if place % 3 == 1 else ''}{COLOURS[place % 5]}"
        evidence = f"this {thing} was {'never ' if place % 3 == 2 else ''}{COLOURS[place % 4]}"
        made.append(PairRow(claim, evidence, "wrong" if place % 3 else "ok"))
    return made


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("nets")
    train(TINY, tag_rows(), tag_rows(), root / "tag")
    texts = [TextRow(f"the {colour} {thing}", "ok") for colour in COLOURS for thing in THINGS[:4]]
    texts += [TextRow(f"we fly to {town} by {thing}", "town") for town in TOWNS for thing in THINGS[:4]]
    train(replace(TINY, name="text", task="text", labels=("ok", "town")), texts, texts, root / "text")
    pairs = pair_rows()
    train(replace(TINY, name="pair", task="pair", labels=("ok", "wrong")), pairs, pairs, root / "pair")
    return {path.name: path for path in root.iterdir()}


@pytest.fixture
def nets() -> Nets:
    return Nets(Encoder(RetrievalSettings()))


def copy(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to / "copy"))


def test_a_tagging_net_finds_what_it_learned(nets: Nets, folders: dict[str, Path]) -> None:
    text = "a yellow boat from Lima arrived, a grey tent from Oslo too"
    (tagged,) = nets.tag([text], folders["tag"])
    found = {text[a:b] for (a, b), row in zip(tagged.offsets, tagged.probabilities, strict=True) if row[1] > 0.5}
    assert found == {"Lima", "Oslo"}
    assert tagged.probabilities.sum(axis=1) == pytest.approx(np.ones(len(tagged.offsets)), abs=1e-4)


def test_a_long_text_is_tagged_to_its_end(nets: Nets, folders: dict[str, Path]) -> None:
    text = "the red coat from Rome arrived and was hung behind the door of the house " * 40
    (tagged,) = nets.tag([text], folders["tag"])
    assert tagged.offsets[-1].tolist() == [text.rindex("house"), text.rindex("house") + 5]
    found = [text[a:b] for (a, b), row in zip(tagged.offsets, tagged.probabilities, strict=True) if row[1] > 0.5]
    assert found.count("Rome") == 40
    assert (tagged.probabilities.sum(axis=1) > 0.99).all()


def test_texts_of_any_length_in_one_call_keep_their_order(nets: Nets, folders: dict[str, Path]) -> None:
    texts = ["", "from Paris", "x " * 300, "from Cairo it arrived"]
    tagged = nets.tag(texts, folders["tag"])
    assert [len(one.offsets) for one in tagged] == [0, 2, 300, 4]
    assert tagged[1].probabilities[1, 1] == pytest.approx(
        nets.tag(texts[1:2], folders["tag"])[0].probabilities[1, 1], abs=0.05
    )


def test_texts_and_pairs_are_scored(nets: Nets, folders: dict[str, Path]) -> None:
    scores = nets.score(["the black roof", "we fly to Lima by car"], folders["text"])
    assert scores.shape == (2, 2)
    assert scores.argmax(axis=1).tolist() == [0, 1]
    pairs = [("the boat is red", "my boat was red"), ("a tent is never red", "it was red"), ("one", "is never one")]
    assert nets.score(pairs, folders["pair"]).argmax(axis=1).tolist() == [0, 1, 1]


def test_what_stands_at_the_end_of_a_long_text_counts(nets: Nets, folders: dict[str, Path]) -> None:
    long = "the red coat and the blue door and the black roof " * 12
    plain, ending = nets.score([long, long + "we fly to Lima by car " * 7], folders["text"])
    assert plain[1] < 0.1
    assert ending[1] > 0.5


def test_nothing_to_judge_gives_nothing(nets: Nets, folders: dict[str, Path]) -> None:
    assert nets.tag([], folders["tag"]) == ()
    assert nets.score([], folders["text"]).shape == (0, 2)


def test_embeddings_are_bit_identical_with_adapters_loaded(folders: dict[str, Path]) -> None:
    encoder = Encoder(RetrievalSettings())
    texts = ["metformin in renal impairment", "from Paris", "a longer text about warfarin and bleeding " * 5]
    before = encoder.encode(texts)
    nets = Nets(encoder)
    nets.tag(texts, folders["tag"])
    nets.score([("red", "the coat is red")], folders["pair"])
    assert encoder.encode(texts).tobytes() == before.tobytes()


def test_threads_may_share_nets_and_embeddings(nets: Nets, folders: dict[str, Path]) -> None:
    alone = nets.score(["the black roof"], folders["text"])

    def both(number: int) -> bool:
        if number % 2:
            nets.tag(["from Lima"], folders["tag"])
        return bool(np.allclose(nets.score(["the black roof"], folders["text"]), alone, atol=0.02))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(both, range(12)))


def test_a_net_is_used_for_its_task_only(nets: Nets, folders: dict[str, Path]) -> None:
    with pytest.raises(EncoderError, match="is for tag, not for text"):
        nets.score(["a"], folders["tag"])
    with pytest.raises(EncoderError, match="is for pair, not for tag"):
        nets.tag(["a"], folders["pair"])


def test_a_claim_that_leaves_no_room_for_evidence_is_refused(nets: Nets, folders: dict[str, Path]) -> None:
    with pytest.raises(EncoderError, match="leaves no room"):
        nets.score([("red " * 40, "the coat is red " * 40)], folders["pair"])


@pytest.mark.parametrize("missing", [ADAPTER, HEAD, "net.json", "adapter_config.json"])
def test_a_missing_file_is_an_error_and_embeddings_stay(missing: str, folders: dict[str, Path], tmp_path: Path) -> None:
    folder = copy(folders["tag"], tmp_path)
    (folder / missing).unlink()
    encoder = Encoder(RetrievalSettings())
    before = encoder.encode(["from Paris"])
    with pytest.raises(EncoderError):
        Nets(encoder).tag(["from Paris"], folder)
    assert encoder.encode(["from Paris"]).tobytes() == before.tobytes()


def _with_weights(folder: Path, file: str, value: float) -> None:
    """Overwrite every weight in the file and let the card name the new file: only the values are wrong."""
    from safetensors.torch import load_file, save_file

    held = load_file(folder / file)
    save_file({name: tensor * 0 + value for name, tensor in held.items()}, folder / file)
    card = read_card(folder)
    write_card(replace(card, adapter=file_hash(folder / ADAPTER), head=file_hash(folder / HEAD)), folder)


@pytest.mark.parametrize("file", [HEAD, ADAPTER])
def test_a_value_that_is_no_number_is_an_error(file: str, folders: dict[str, Path], tmp_path: Path) -> None:
    folder = copy(folders["tag"], tmp_path)
    _with_weights(folder, file, float("nan"))
    encoder = Encoder(RetrievalSettings())
    before = encoder.encode(["from Paris"])
    with pytest.raises(EncoderError, match="not a number"):
        Nets(encoder).tag(["from Paris"], folder)
    assert encoder.encode(["from Paris"]).tobytes() == before.tobytes()


def test_changed_weights_are_an_error(nets: Nets, folders: dict[str, Path], tmp_path: Path) -> None:
    folder = copy(folders["tag"], tmp_path)
    shutil.copy(folders["pair"] / ADAPTER, folder / ADAPTER)
    with pytest.raises(EncoderError, match="not those that its card names"):
        nets.tag(["a"], folder)


@pytest.mark.parametrize(
    ("field", "value"),
    [("base", "0" * 64), ("temperature", 0.0), ("threshold", 2.0), ("labels", ["O"]), ("max_tokens", 4), ("task", "x")],
)
def test_a_card_that_does_not_fit_is_an_error(
    field: str, value: object, nets: Nets, folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = copy(folders["tag"], tmp_path)
    held = json.loads((folder / "net.json").read_text(encoding="utf-8"))
    (folder / "net.json").write_text(json.dumps({**held, field: value}), encoding="utf-8")
    with pytest.raises(EncoderError):
        nets.tag(["a"], folder)


def test_another_encoder_than_the_trained_one_is_an_error(folders: dict[str, Path], tmp_path: Path) -> None:
    other = Nets(Encoder(RetrievalSettings(model=str(small_model(tmp_path)))))
    with pytest.raises(EncoderError):
        other.tag(["dose of metformin"], folders["tag"])


def test_the_card_says_what_the_net_was_made_from(nets: Nets, folders: dict[str, Path]) -> None:
    card = operate_at(folders["tag"], 0.3)
    assert nets.card(folders["tag"]) == card
    assert (card.name, card.labels, card.threshold) == ("tiny", ("O", "TOWN"), 0.3)
    assert len(card.base) == len(card.rows) == 64
    assert card.recipe["rank"] == "16"
