"""One run of a peer against the fault server, in the peer's own environment.

``calls_peer_client.py PEER URL ROWS FOLDER CONCURRENCY [VARIANT]`` asks the prompts in the JSONL file
ROWS (one ``{"prompt": …}`` a line), keeps what the peer keeps in FOLDER, and prints a line of JSON:
CPU seconds of the process and its children, seconds of the asking itself, rows that came back.
VARIANT "reparsed" changes the parsing code, "again" resumes. Imports nothing of errata.

Each peer is set up in its favor: no telemetry, no display, limits out of the way, health checks off.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.update(
    {
        "CURATOR_DISABLE_RICH_DISPLAY": "1",
        "CURATOR_VIEWER": "0",
        "HF_HUB_OFFLINE": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "NEMO_TELEMETRY_ENABLED": "false",
        "OPENAI_API_KEY": "none",
        "TELEMETRY_ENABLED": "false",
    }
)
PLENTY = 10**9


def with_aiohttp(url: str, rows: Path, folder: Path, at_once: int, variant: str) -> int:
    """A pool, a POST, nothing else."""
    import aiohttp

    async def run() -> int:
        todo = iter(read(rows))
        done = 0
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def work() -> None:
                nonlocal done
                for prompt in todo:
                    body = {"model": "scripted", "messages": [{"role": "user", "content": prompt}]}
                    async with session.post(f"{url}/chat/completions", json=body) as response:
                        done += response.status == 200 and "choices" in await response.json()

            await asyncio.gather(*(work() for _ in range(at_once)))
        return done

    return asyncio.run(run())


def with_litellm(url: str, rows: Path, folder: Path, at_once: int, variant: str) -> int:
    """``acompletion`` with its own retries."""
    import litellm

    litellm.suppress_debug_info = True

    async def run() -> int:
        todo = iter(read(rows))
        done = 0

        async def work() -> None:
            nonlocal done
            for prompt in todo:
                try:
                    await litellm.acompletion(
                        model="openai/scripted",
                        messages=[{"role": "user", "content": prompt}],
                        api_base=url,
                        max_tokens=8,
                        num_retries=10,
                    )
                except litellm.exceptions.RateLimitError:
                    continue
                done += 1

        await asyncio.gather(*(work() for _ in range(at_once)))
        return done

    return asyncio.run(run())


def with_curator(url: str, rows: Path, folder: Path, at_once: int, variant: str) -> int:
    """One ``LLM`` over the rows; its cache is FOLDER. Its tokenizer, a download, is a stub."""
    import tiktoken

    class Quarter:
        def encode(self, text: str, **_: object) -> list[int]:
            return [0] * (len(text) // 4)

    tiktoken.get_encoding = lambda _: Quarter()
    from bespokelabs import curator

    class Asks(curator.LLM):
        def prompt(self, row: dict[str, Any]) -> str:
            return row["prompt"]

        def parse(self, row: dict[str, Any], response: str) -> dict[str, Any]:
            return {"prompt": row["prompt"], "answer": response}

    class AsksAndReadsOtherwise(Asks):
        def parse(self, row: dict[str, Any], response: str) -> dict[str, Any]:
            return {"prompt": row["prompt"], "answer": response.strip().upper()}

    params = {"base_url": url, "api_key": "none", "max_concurrent_requests": at_once}
    params |= {"max_requests_per_minute": PLENTY, "max_tokens_per_minute": PLENTY}
    kind = AsksAndReadsOtherwise if variant == "reparsed" else Asks
    llm = kind(model_name="scripted", backend="openai", backend_params=params)
    asked = [{"prompt": prompt} for prompt in read(rows)]
    made = llm(asked, working_dir=str(folder)).dataset
    if variant == "reparsed":  # how many rows the changed code has read
        return sum(answer == answer.upper() for answer in made["answer"])
    return len(made)


def with_data_designer(url: str, rows: Path, folder: Path, at_once: int, variant: str) -> int:
    """One LLM column over a seed file; its artifacts are in FOLDER."""
    import data_designer.config as dd
    from data_designer.config.run_config import ResumeMode
    from data_designer.interface import DataDesigner

    provider = dd.ModelProvider(name="loopback", endpoint=url, api_key="none")
    parameters = dd.ChatCompletionInferenceParams(max_parallel_requests=at_once, max_tokens=8)
    model = dd.ModelConfig(
        alias="m",
        model="scripted",
        provider="loopback",
        inference_parameters=parameters,
        skip_health_check=True,
    )
    designer = DataDesigner(artifact_path=folder, model_providers=[provider])
    config = dd.DataDesignerConfigBuilder(model_configs=[model])
    config.with_seed_dataset(dd.LocalFileSeedSource(path=str(rows)))
    config.add_column(dd.LLMTextColumnConfig(name="answer", prompt="{{ prompt }}", model_alias="m"))
    resume = ResumeMode.ALWAYS if variant == "again" else ResumeMode.NEVER
    count = len(read(rows))
    made = designer.create(config, num_records=count, dataset_name="bench", resume=resume)
    return len(made.load_dataset())


PEERS: dict[str, Callable[[str, Path, Path, int, str], int]] = {
    "aiohttp": with_aiohttp,
    "litellm": with_litellm,
    "curator": with_curator,
    "data-designer": with_data_designer,
}


def read(rows: Path) -> list[str]:
    """The prompts of a JSONL file."""
    return [json.loads(line)["prompt"] for line in rows.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Run one peer and print what it took."""
    peer, url, rows, folder, at_once, *variant = sys.argv[1:]
    logging.disable(logging.WARNING)
    begun = time.perf_counter()
    done = PEERS[peer](url, Path(rows), Path(folder), int(at_once), variant[0] if variant else "")
    wall = time.perf_counter() - begun
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in used)
    most = max(usage.ru_maxrss for usage in used) / 1024
    print(json.dumps({"cpu": cpu, "wall": wall, "rows": done, "mb": most}), flush=True)


if __name__ == "__main__":
    main()
