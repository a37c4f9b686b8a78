"""Tiny models with random weights, and short trajectories for them to learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trajectories.records import Call, Message, Outcome, Trajectory


def tiny_model(folder: Path, shape: str = "llama", *, seed: int = 0, wide: bool = False) -> Path:
    """A byte-level model of two layers in `folder`; shapes llama, qwen, window (sliding), gpt2 and
    phi3."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<end>": 0} | {letter: at + 1 for at, letter in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    sizes: dict[str, Any] = {
        "vocab_size": len(vocabulary),
        "hidden_size": 64 if wide else 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "eos_token_id": 0,
        "bos_token_id": None,
        "pad_token_id": 0,
        "tie_word_embeddings": True,
    }
    if shape == "window":
        sizes |= {"use_sliding_window": True, "sliding_window": 32, "max_window_layers": 1}
    torch.manual_seed(seed)
    kind = {"qwen": "qwen2", "window": "qwen2"}.get(shape, shape)
    model: Any = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **sizes))
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>"
    ).save_pretrained(folder)
    return folder


def tool(name: str) -> dict[str, Any]:
    """A tool with one required argument, in openai form."""
    properties = {"id": {"type": "string"}}
    parameters = {"type": "object", "properties": properties, "required": ["id"]}
    function = {"name": name, "description": f"Do {name}.", "parameters": parameters}
    return {"type": "function", "function": function}


def episode(number: int, tools: tuple[str, ...] = ("get_cat", "get_dog")) -> Trajectory:
    """One call of one of the tools and an answer, or a give-up every fourth time."""
    name, key = tools[number % len(tools)], f"k{number}"
    messages = [Message(role="user", content=f"Show {name} {key}.")]
    if number % 4 == 3:
        messages.append(Message(role="planner", content="No. Next: give up."))
    else:
        raw = json.dumps({"id": key}, separators=(",", ":"))
        call = Call(name=name, arguments={"id": key}, raw=raw)
        text = f"Action: {name}\nAction Input: {raw}"
        messages += [
            Message(role="planner", content=f"I use {name}. Next: caller."),
            Message(role="caller", content=text, call=call),
            Message(role="observation", content='{"ok":true}', status=200),
            Message(role="planner", content="Done. Next: conclusion."),
            Message(role="summarizer", content=f"{key} is fine."),
        ]
    return Trajectory(
        id=f"e{number}",
        task={"instruction": messages[0].content},
        tools=[tool(name) for name in tools],
        messages=messages,
        outcome=Outcome(success=True, end="finish"),
    )
