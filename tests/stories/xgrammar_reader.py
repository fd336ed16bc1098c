"""Run by vLLM's interpreter, which alone has xgrammar: reads pairs of a grammar and a reply, says which are accepted.

Input: a JSON list of [grammar, reply] on standard input. Output: a JSON list of booleans.
"""

import json
import sys

import xgrammar  # type: ignore[import-not-found]


def main() -> None:
    """Compile each grammar once and try its replies byte by byte."""
    vocabulary = [bytes([byte]) for byte in range(256)] + [b"<end>"]
    tokens = xgrammar.TokenizerInfo(vocabulary, vocab_type=xgrammar.VocabType.RAW, stop_token_ids=[256])
    compiler = xgrammar.GrammarCompiler(tokens, max_threads=1)
    print(json.dumps([accepts(compiler, grammar, reply) for grammar, reply in json.load(sys.stdin)]))


def accepts(compiler: xgrammar.GrammarCompiler, grammar: str, reply: str) -> bool:
    """Whether the whole reply, and then its end, follows the grammar."""
    matcher = xgrammar.GrammarMatcher(compiler.compile_grammar(grammar))
    return all(matcher.accept_token(byte) for byte in reply.encode()) and matcher.accept_token(256)


if __name__ == "__main__":
    main()
