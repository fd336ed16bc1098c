"""The questions that an assistant is measured with: written ones, generated ones, and those of earlier releases."""
