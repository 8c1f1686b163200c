import asyncio, random
from alert_service.app import create_app as aa; from alert_service.settings import Settings as AS
async def stop(tasks):
    n=0
    while pending := [t for t in tasks if not t.done()]:
        n+=1
        for t in pending: t.cancel()
        await asyncio.wait(pending, timeout=1)
    if n>1: print("ROUNDS",n)
    await asyncio.gather(*tasks, return_exceptions=True)
async def test_x(start_service, monkeypatch):
    import shared.kit.app
    monkeypatch.setattr(shared.kit.app,"stop_jobs",stop)
    for i in range(80):
        async with start_service("alert_service", aa, AS) as a:
            await asyncio.sleep(random.random()*0.15)
    print("ALLOK")
