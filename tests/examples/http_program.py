"""An agent as a program that speaks HTTP: `--agent "command:python http_program.py"`.

It finds in its environment the base URL of the document (WAVETANK_URL), its session
(WAVETANK_SESSION, sent as a header), the task (WAVETANK_TASK), the tools (WAVETANK_TOOLS, a file)
and the document (WAVETANK_OPENAPI, a file). Below WAVETANK_META it may sign in, wait and read the
document as it is now. What it prints is the answer; nothing is giving up.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx

document = json.loads(Path(os.environ["WAVETANK_OPENAPI"]).read_text())
headers = {"x-wavetank-session": os.environ["WAVETANK_SESSION"], "authorization": "Bearer any"}
path = next(path for path, item in document["paths"].items() if "get" in item and "{" not in path)

with httpx.Client(base_url=os.environ["WAVETANK_URL"], headers=headers, timeout=5) as client:
    for _ in range(3):
        try:
            reply = client.get(path)
        except httpx.TransportError:
            continue
        if reply.status_code == 401:
            httpx.post(f"{os.environ['WAVETANK_META']}/authenticate")
        if reply.is_success:
            print(f"I found this: {reply.text[:200]}")
            break
    else:
        print("I could not do it: the service kept failing.")
