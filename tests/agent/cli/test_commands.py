"""One run of every command, end to end, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from agent.cli.running import show_result
from tests.agent.cli.running import COMMAND, wavetank


def test_help_needs_no_torch() -> None:
    program = (
        "import sys; sys.argv = ['wavetank', '--help']\n"
        "from agent.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "assert not {'torch', 'transformers', 'peft', 'fastapi'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "pilot" in done.stdout


def test_tools_lists_every_operation() -> None:
    found = json.loads(wavetank("tools", "bookshop", "--json").stdout)
    assert {tool["function"]["name"] for tool in found} >= {"listBooks", "createOrder"}
    assert "listBooks" in wavetank("tools", "bookshop").stdout


def test_tools_model_tells_what_was_understood() -> None:
    rows = json.loads(wavetank("tools", "bookshop", "--model", "--json").stdout)
    by_operation = {row["operation"]: row for row in rows}
    assert by_operation["getBook"]["understood as"] == "read"
    assert by_operation["cancelOrder"]["resource"] == "/orders"


def test_tools_model_gives_the_evidence_of_every_fact() -> None:
    rows = json.loads(wavetank("tools", "bookshop", "--model", "--json").stdout)
    facts = {row["operation"] or row["resource"]: row["facts"] for row in rows}
    assert facts["listBooks"]["paging"]["is"] == "page"
    assert facts["listBooks"]["paging"]["because"][:2] == ["`page`", "`per_page`"]
    assert facts["createOrder"]["idempotency"]["is"] == "Idempotency-Key"
    assert "pointer at /errors/*/pointer" in facts["getBook"]["error form 404"]["because"]
    assert facts["/books"]["link author_id"]["is"] == "/authors"
    assert facts["/books/{}/reviews"]["parent"]["is"] == "/books"
    assert rows[-1]["facts"]["style"]["is"] == "REST"
    text = wavetank("tools", "bookshop", "--model").stdout
    assert "listBooks: paging: page, because `page`, `per_page`" in text


def test_call_shows_an_answer() -> None:
    found = json.loads(wavetank("call", "bookshop", "listBooks", '{"per_page": 2}').stdout)
    assert len(found["items"]) == 2


def test_call_keeps_a_session(tmp_path: Path) -> None:
    kept = tmp_path / "session.json"
    first = wavetank("call", "bookshop", "listBooks", "{}", "--session", kept)
    book = json.loads(first.stdout)["items"][0]["id"]
    chosen = json.dumps({"book_id": book})
    wavetank("call", "bookshop", "deleteBook", chosen, "--session", kept)
    gone = wavetank("call", "bookshop", "getBook", chosen, "--session", kept, check=1)
    assert "404" in gone.stdout


def test_list_names_what_there_is() -> None:
    for what, one in (
        ("documents", "bookshop"),
        ("agents", "scripted:perfect"),
        ("formats", "trl"),
    ):
        assert one in wavetank("list", what).stdout
    assert any(
        row["id"] == "H01" for row in json.loads(wavetank("list", "faults", "--json").stdout)
    )
    assert any(row["id"] == "D03" for row in json.loads(wavetank("list", "drift", "--json").stdout))


def test_drift_prints_the_document_and_a_note(tmp_path: Path) -> None:
    out = tmp_path / "new.json"
    note = wavetank("drift", "bookshop", "--op", "D03", "--out", out).stdout
    assert note.strip()
    findings = json.loads(wavetank("diff", "bookshop", out, "--json", check=1).stdout)
    assert any(finding["id"] == "request-property-removed" for finding in findings)


def test_doctor_knows_where_packages_are() -> None:
    rows = json.loads(wavetank("doctor", "--json").stdout)
    assert {row["what"] for row in rows} >= {"package sandbox", "extra local"}


def test_tasks_writes_a_file_that_collect_reads(tmp_path: Path) -> None:
    tasks, store = tmp_path / "tasks.yaml", tmp_path / "runs.db"
    wavetank("tasks", "helpdesk", "-n", "6", "--out", tasks)
    told = wavetank("collect", "helpdesk", "--tasks", tasks, "--store", store, "-n", "6", "--json")
    assert json.loads(told.stdout)["collected"] == 6


def test_collect_replay_export(tmp_path: Path) -> None:
    store = tmp_path / "runs.db"
    told = wavetank("collect", "bookshop", "--store", store, "-n", "8", "--faults", "H01", "--json")
    assert json.loads(told.stdout)["succeeded"] == 8
    assert json.loads(wavetank("replay", "--store", store, "--json").stdout)["different"] == []
    wavetank("export", "--store", store, "--format", "native", "--out", tmp_path / "all.jsonl")
    assert len((tmp_path / "all.jsonl").read_text().splitlines()) == 8


def test_import_takes_what_export_wrote(tmp_path: Path) -> None:
    store, other = tmp_path / "runs.db", tmp_path / "other.db"
    wavetank("collect", "calendar", "--store", store, "-n", "3")
    wavetank("export", "--store", store, "--format", "native", "--out", tmp_path / "all.jsonl")
    told = wavetank(
        "import", tmp_path / "all.jsonl", "--format", "native", "--store", other, "--json"
    )
    assert json.loads(told.stdout)["added"] == 3


def test_eval_live_scores_an_agent() -> None:
    found = json.loads(
        wavetank("eval", "bookshop", "--agent", "scripted:perfect", "-n", "6", "--json").stdout
    )
    assert found["success"] == 100.0
    assert found["n_tasks"] == 6


def test_eval_takes_a_part_of_a_document() -> None:
    told = wavetank("eval", "bookshop", "-n", "4", "--only", "tag:planets", "--json", check=2)
    assert "planets" in told.stderr


def test_eval_static_scores_a_baseline(tmp_path: Path) -> None:
    store = tmp_path / "runs.db"
    wavetank("collect", "bookshop", "--store", store, "-n", "6")
    told = wavetank("eval", store, "--agent", "baseline:reference", "--json").stdout
    assert json.loads(told)["plan_acc"] == 100.0


@pytest.mark.parametrize("kind", ["faults", "drift", "malformed"])
def test_every_listed_id_says_what_it_is(kind: str) -> None:
    rows = json.loads(wavetank("list", kind, "--json").stdout)
    needed = {"id", "family", "params", "transports", "adapter" if kind == "drift" else "oracle"}
    assert rows and all(needed <= row.keys() and row["transports"] for row in rows)


def test_stress_ranks_agents() -> None:
    told = wavetank(
        "stress",
        "bookshop",
        "--agent",
        "scripted:perfect",
        "--agent",
        "scripted:naive",
        "--faults",
        "H01",
        "-n",
        "4",
        "--json",
    )
    won = {row["agent"]: row["success"] for row in json.loads(told.stdout)}
    assert won["scripted:perfect"] > won["scripted:naive"]


def test_eval_keeps_its_episodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVETANK_RUNS", str(tmp_path))
    told = wavetank("eval", "bookshop", "-n", "2").stdout
    assert "wavetank show 1" in told and "1  eval" in wavetank("runs").stdout
    assert len(json.loads(wavetank("show", "1", "--json").stdout)) == 2
    wavetank("eval", "bookshop", "-n", "2", "--store", tmp_path / "mine.db")
    assert (tmp_path / "mine.db").is_file() and "2  eval" not in wavetank("runs").stdout


def test_a_pilot_that_trained_ends_with_the_run_that_has_its_episodes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scores = dict.fromkeys(
        ("plan_acc", "action_em", "hallucination", "argument_f1", "rouge_l"), 50.0
    )
    unseen = {"title": "new", "n_steps": 2, "agents": {"trained": scores}}
    evaluation = {"static": {"unseen": unseen}, "live": {}}
    result = {"evaluation": evaluation, "stress": [], "verdict": ["Not yet."]}
    show_result(result, report=Path("out/report.html"), run="7")
    assert capsys.readouterr().out.endswith("out/report.html; episodes: wavetank show 7\n")


def test_pilot_writes_a_report_and_keeps_its_episodes(tmp_path: Path) -> None:
    told = wavetank(
        "pilot", "helpdesk", "--out", tmp_path, "-n", "24", "--store", tmp_path / "mine.db"
    )
    assert f"wavetank show {tmp_path / 'mine.db'}" in told.stdout.replace("\n", "")
    agents = {
        row["agent"] for row in json.loads(wavetank("show", tmp_path / "mine.db", "--json").stdout)
    }
    assert {"scripted:perfect", "scripted:looper"} <= agents
    page = (tmp_path / "report.html").read_text()
    for section in ("documents", "tasks", "collection", "training", "evaluation", "stress"):
        assert f'id="{section}"' in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "").replace(
        "http://purl.org", ""
    ).replace("http://creativecommons.org", "")


def test_init_writes_tasks_and_a_job(tmp_path: Path) -> None:
    wavetank("init", "bookshop", "--out", tmp_path)
    assert (tmp_path / "tasks.yaml").is_file()
    again = wavetank("init", "bookshop", "--out", tmp_path, check=2)
    assert "is there already" in again.stderr


def test_serve_answers_over_http() -> None:
    server = subprocess.Popen(
        [str(COMMAND), "serve", "bookshop", "--port", "8473", "--token", "t"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = "http://127.0.0.1:8473/v1/books"
        for _ in range(200):
            try:
                reply = httpx.get(url, headers={"authorization": "Bearer k"})
                break
            except httpx.TransportError:
                time.sleep(0.05)
        assert reply.status_code == 200
    finally:
        server.terminate()
        server.communicate(timeout=20)


def test_the_version_is_told() -> None:
    assert wavetank("--version").stdout.startswith("wavetank 0.")


def test_undeclared_fields_pass_where_the_schema_is_open(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    content = {"application/json": {"schema": schema}}
    post = {
        "operationId": "add",
        "requestBody": {"content": content},
        "responses": {"201": {"description": "made", "content": content}},
    }
    document = tmp_path / "open.json"
    document.write_text(json.dumps({"openapi": "3.1.0", "paths": {"/things": {"post": post}}}))
    given = json.dumps({"name": "a", "colour": "red"})
    wavetank("call", document, "add", given)
    refused = wavetank("call", document, "add", given, "--unknown", "reject", check=1)
    assert "colour" in refused.stdout
    terse = ("--unknown", "reject", "--helpfulness", "0")
    assert "colour" not in wavetank("call", document, "add", given, *terse, check=1).stdout


def test_calls_are_of_a_user_s_own_data(tmp_path: Path) -> None:
    file, kept = tmp_path / "seed.json", tmp_path / "kept.json"
    file.write_text(json.dumps({"/authors": [{"id": "au_a11ce0", "name": "Ann Lee"}]}))
    own = ("--data", file, "--session", kept)
    found = json.loads(wavetank("call", "bookshop", "listAuthors", "{}", *own).stdout)
    assert [each["name"] for each in found["items"]] == ["Ann Lee"]
    lacking = wavetank("call", "bookshop", "listAuthors", "{}", "--session", kept, check=2)
    assert "begun with other --data" in lacking.stderr
    served = wavetank("serve", "bookshop", "forum", "--port", "0", "--data", file, check=2)
    assert "--data is for one document" in served.stderr
    config = wavetank("mcp", "bookshop", "--data", file, "--print-config", "cursor").stdout
    assert json.loads(config)["mcpServers"]["wavetank"]["args"][-2:] == ["--data", str(file)]


def test_diff_fails_on_the_level_asked_for(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    note = {"get": {"operationId": "note", "responses": {"200": {"description": "ok"}}}}
    old.write_text(json.dumps({"openapi": "3.1.0", "paths": {"/n": note}}))
    new.write_text(json.dumps({"openapi": "3.1.0", "paths": {}}))
    assert "no changes" in wavetank("diff", old, old).stdout
    assert "1 changes: 1 ERR" in wavetank("diff", old, new, check=1).stdout
    wavetank("diff", old, new, "--fail-on", "none")
    wavetank("diff", new, old)
    wavetank("diff", new, old, "--fail-on", "INFO", check=1)
    wavetank("diff", new, old, "--fail-on", "never", check=2)
