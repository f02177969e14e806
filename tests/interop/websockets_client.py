"""Debian's python3-websockets asks for its id and calls and is called."""

import asyncio
import json
import os
import re
import ssl

import websockets

ENDPOINT = os.environ["MONOLOGUE_ENDPOINT"]
N_CALLS = 500


def connect(key=os.environ["MONOLOGUE_API_KEY"]):
    trust = None
    if ENDPOINT.startswith("wss:"):
        trust = ssl.create_default_context(cafile=os.environ["CA_FILE"])
    return websockets.connect(ENDPOINT, ssl=trust, max_size=None,
                              extra_headers={"x-api-key": key})


async def whoami(socket):
    await socket.send("whoami")
    answer = await socket.recv()
    assert re.fullmatch("[A-Za-z0-9_-]{14}[AQgw]=", answer), answer
    return answer


async def answer_calls(socket, n_calls):
    for _ in range(n_calls):
        packet = json.loads(await socket.recv())
        data = packet["payload"]["data"]
        ack = {"token": data["token"], "ret": sum(data["args"])}
        await socket.send(json.dumps(
            {"to": packet["from"], "payload": {"type": "ACK", "data": ack}}))


async def make_calls(socket, callee, n_calls):
    for i in range(n_calls):
        data = {"token": f"t{i}", "name": "add", "args": [i, 1]}
        await socket.send(json.dumps(
            {"to": callee, "payload": {"type": "REQ", "data": data}}))
    for i in range(n_calls):
        packet = json.loads(await socket.recv())
        assert packet["from"] == callee
        assert packet["payload"] == {
            "type": "ACK", "data": {"token": f"t{i}", "ret": i + 1}}


async def relay_large(a, b, b_id):
    """In frames, as one of more than 32 KiB is not taken."""
    pad = "\u00e9" * 50000
    text = json.dumps({"to": b_id, "payload": {"type": "x", "data": {"pad": pad}}},
                      ensure_ascii=False)
    await a.send(text[at:at + 10000] for at in range(0, len(text), 10000))
    packet = json.loads(await b.recv())
    assert packet["payload"]["data"]["pad"] == pad


async def expect_faults():
    async with connect() as socket:
        await socket.send("not JSON")
        error = json.loads(await socket.recv())
        assert error["message"] == "Internal server error"
        await socket.send(b"binary")
        try:
            await socket.recv()
            raise AssertionError("binary is taken")
        except websockets.ConnectionClosed as end:
            assert end.rcvd.code == 1003, end
    try:
        async with connect("guess"):
            raise AssertionError("a guessed key is taken")
    except websockets.InvalidStatusCode as refusal:
        assert refusal.status_code == 403


async def main():
    async with connect() as a, connect() as b:
        await whoami(a)
        callee = await whoami(b)
        await asyncio.gather(make_calls(a, callee, N_CALLS),
                             answer_calls(b, N_CALLS))
        await relay_large(a, b, callee)
        await asyncio.wait_for(await a.ping(), 10)
    await expect_faults()


asyncio.run(asyncio.wait_for(main(), 60))
