"""The naive gateway: a route of FastAPI and a client of httpx. ``python -m bench.naive_proxy``."""

import sys

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI()
client = httpx.AsyncClient(trust_env=False)


@app.get("/{path:path}")
async def forward(path: str, request: Request) -> Response:
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    answer = await client.get(f"http://127.0.0.1:{sys.argv[2]}/{path}", headers=headers)
    return Response(answer.content, answer.status_code, media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_config=None)
