"""Sources in, passages out: readers, chunking, embeddings, the Qdrant index and search."""
