"""The peer of `bench train`: TRL's trainer as its documentation shows it, on the same base, rows and adapter.

    python -m tests.benchmarks.plain_trl FOLDER

Reads `recipe.yaml` and `rows.jsonl` (prompt and completion as messages), trains one epoch, prints one JSON object.
What the recipe says of the adapter, the batch and the precision is used; everything else is left as TRL has it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from finetune.base_model import in_bfloat16
from finetune.measure import peak_mb
from finetune.recipe import read_recipe


def main(folder: Path) -> None:
    recipe = read_recipe(folder / "recipe.yaml")
    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    args = SFTConfig(
        output_dir=str(folder / "plain"),
        num_train_epochs=1,
        max_length=recipe.max_tokens,
        per_device_train_batch_size=8,
        gradient_accumulation_steps=max(1, recipe.batch_size // 8),
        learning_rate=recipe.learning_rate,
        activation_checkpointing=recipe.checkpoint_gradients,
        bf16=in_bfloat16(recipe),
        use_cpu=not torch.cuda.is_available(),
        save_strategy="no",
        report_to="none",
        logging_steps=1,
        disable_tqdm=True,
    )
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(recipe.base),
        args=args,
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(recipe.base),
        peft_config=LoraConfig(
            task_type="CAUSAL_LM", r=recipe.rank, lora_alpha=recipe.alpha, lora_dropout=recipe.dropout,
            target_modules="all-linear",
        ),
    )  # fmt: skip
    seconds = float(trainer.train().metrics["train_runtime"])
    tokens = next(float(one["num_tokens"]) for one in reversed(trainer.state.log_history) if "num_tokens" in one)
    print(
        json.dumps({"tokens": tokens, "seconds": seconds, "tokens_per_second": tokens / seconds, "peak_mb": peak_mb()})
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
