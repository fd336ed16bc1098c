"""From what people have to what a model learns from: one file per step, each a pure function over batches of rows."""
