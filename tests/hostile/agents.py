"""Agents that mean harm, as Python statements: functions in a child, and programs.

Each sees `os`, `sys`, `time`, `signal`, `subprocess`; functions also `call`, the tools' door, and
`line`, which writes bytes past it where only our own protocol should be.
"""

from __future__ import annotations

from itertools import chain

_NAMES = ("null", "7", "[]", "{}", '""', '"no such tool"', '"\\u0000\\u001b[2J"', '"\\ud800"')
_ARGUMENTS = ("null", "7", "[]", '"[1"', '"null"', '{"": {}}', '{"x": "\\ud800"}')
_VALUES = {
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "1e999": "1e999",
    "10^400": "1" + "0" * 400,
    "depth 900": "[" * 900 + "]" * 900,
    "depth 100,000": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "list": "[1, 2]",
    "object": '{"call": {"name": "listBooks"}}',
    "text of controls": '"\\u0000\\u0007\\u001b]0;x\\u0007"',
    "lone surrogate": '"\\ud83d"',
    "number": "5",
    "nothing": "null",
}
_LINES = {
    "an empty line": b"\n",
    "no JSON": b"hello\n",
    "invalid UTF-8": b'{"answer": "\xff\xfe"}\n',
    "NULs": b"\x00" * 4096 + b"\n",
    "an answer and a call": b'{"answer": "a", "call": {"name": "listBooks", "arguments": {}}}\n',
    "two answers": b'{"answer": "a"}\n{"answer": "b"}\n',
    "two answers, the second cut off": b'{"answer": "a"}\n{"answer": ',
    "half a line": b'{"answer": ',
    "an unknown key": b'{"reward": 1}\n',
    "an empty object": b"{}\n",
    "ready": b'{"ready": "solve"}\n',
    "refused": b'{"refused": "so"}\n',
    "a crash that is a list": b'{"crash": [[[]]]}\n',
    "a crash with escapes": b'{"crash": "\\u001b[31m\\u0000 [bold]x[/bold]"}\n',
}
_FUNCTIONS = {
    "returns NaN": "return float('nan')",
    "returns 10^400": "return 10 ** 400",
    "returns an object": "return object()",
    "returns depth 900": "x = []\nfor _ in range(900): x = [x]\nreturn x",
    "returns itself": "x = []\nx.append(x)\nreturn x",
    "returns bytes": "return b'\\xff'",
    "returns a generator": "return (n for n in range(3))",
    "returns surrogates": "return '\\ud800' * 9",
    "returns 20 MB": "return 'x' * 20_000_000",
    "raises KeyboardInterrupt": "raise KeyboardInterrupt",
    "raises a hostile error": "raise ValueError('\\x1b[2J' * 50_000)",
    "recurses": "def f(): return f()\nreturn f()",
    "calls with a number": "call('listBooks', 5)",
    "calls a number": "call(5, {})",
    "calls with NaN": "call('listBooks', {'x': float('nan')})",
    "calls with 10^400": "call('createBook', {'price': 10 ** 400, 'title': 'x'})",
    "calls with text of 5 MB": "call('createBook', {'title': 'x' * 5_000_000, 'price': 1})",
    "calls for ever": "while True: call('listBooks')",
    "calls other things for ever": "n = 0\nwhile True: n += 1; call(f'x{n}', {})",
    "reads our pipe": "os.read(0, 1); call('listBooks')",
}
_EITHER = {
    "exits 139": "os._exit(139)",
    "exits 0 at once": "os._exit(0)",
    "is killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "crashes hard": "os.kill(os.getpid(), signal.SIGSEGV)",
    "stops itself": "os.kill(os.getpid(), signal.SIGSTOP)",
    "never ends": "time.sleep(900)",
    "never ends and hears no signal": "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "while True: time.sleep(9)",
    "closes its pipes and stays": "os.closerange(0, 99)\ntime.sleep(900)",
    "closes its pipes and ends": "os.closerange(0, 99)\nos._exit(1)",
    "forks and ends": "if os.fork(): os._exit(1)\ntime.sleep(900)",
    "forks five and stays": "for _ in range(5):\n  if not os.fork(): break\ntime.sleep(900)",
    "leaves a program with its pipes": "subprocess.Popen(['sleep', '900'])\nos._exit(1)",
}
_PROGRAMS = {
    "prints nothing": "pass",
    "prints blanks": "print(' \\n\\t ')",
    "prints invalid UTF-8": "os.write(1, b'\\xff\\xfe\\x80')",
    "prints controls": "os.write(1, b'\\x00\\x1b]0;owned\\x07\\x1b[2J[bold]x')",
    "prints 300 MB": "for _ in range(300): os.write(1, b'x' * 1_000_000)",
    "complains 300 MB": "for _ in range(300): os.write(2, b'\\x1b' * 1_000_000)\nsys.exit(1)",
    "leaves its session": "if os.fork(): os._exit(1)\nos.setsid()\nos.closerange(0, 99)\n"
    "if os.fork(): os._exit(0)\ntime.sleep(900)",
    "prints surrogates": "sys.stdout.reconfigure(errors='surrogatepass')\nprint('\\ud800')",
    "prints two answers": "print('a')\nprint('b')",
    "fails with escapes": "sys.exit('\\x1b[31m\\x00[bold]')",
}


def functions() -> dict[str, str]:
    """Bodies of `solve(task, tools, call)` by what they do."""
    made = {
        f"answers {name}": _line(f'{{"answer": {value}}}\n'.encode(), name)
        for name, value in _VALUES.items()
    }
    made |= {
        f"calls with {name} inside": _line(
            f'{{"call": {{"name": "createBook", "arguments": {{"title": {value}}}}}}}\n'.encode(),
            name,
        )
        for name, value in _VALUES.items()
    }
    calls = chain(
        (f'{{"name": {name}, "arguments": {{}}}}' for name in _NAMES),
        (f'{{"name": "listBooks", "arguments": {each}}}' for each in _ARGUMENTS),
        ("null", "7", "[]", "{}", '"x"', "[[]]"),
    )
    made |= {f"call: {it}": _line(f'{{"call": {it}}}\n'.encode(), it) for it in calls}
    made |= {f"writes {name}": _line(line, name) for name, line in _LINES.items()}
    flood = "for _ in range(300): line(b'x' * 1_000_000)"
    return {**made, "writes 300 MB without a break": flood, **_FUNCTIONS, **_EITHER}


def programs() -> dict[str, str]:
    """Programs by what they do."""
    return {**_PROGRAMS, **_EITHER}


def _line(line: bytes, name: str) -> str:
    if "100,000" in name:  # too long to be written down
        head, _, tail = line.partition(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
        inner = "b'{\"a\":' * 100_000 + b'1' + b'}' * 100_000"
        return f"line({head!r} + {inner} + {tail!r})\ntime.sleep(0.2)"
    return f"line({line!r})\ntime.sleep(0.2)"
