import asyncio, json, time
from uuid import uuid4
from shared.contracts.base import Envelope, subject_of
from shared.contracts.datahub import IndicatorMeasured, MeasuredValue
from target_service.app import create_app as ta; from target_service.settings import Settings as TS
from alert_service.app import create_app as aa; from alert_service.settings import Settings as AS
async def test_bench(start_service):
    async with start_service("target_service", ta, TS) as t, start_service("alert_service", aa, AS) as a:
        N=200
        for i in range(N):
            r=await t.client.post("/v1/bindings",json={"indicator":"pass_rate","scope":f"course/C{i}","period":"year:2026","title":"x","tiers":{"floor":{"op":">=","value":"0.5"}}})
            assert r.status_code==201
        js=t.broker.jetstream()
        async def push(i,val,seq):
            m=MeasuredValue(id="x",indicator="pass_rate",scope=f"course/C{i}",period="year:2026",value=val,numerator=None,denominator=None,n=1,coverage="1",freshest_at=None,formula_version=1,seq=seq)
            e=IndicatorMeasured(items=(m,))
            env=Envelope(id=str(uuid4()),source="urn:helix8:datahub",type=e.type,partitionkey=m.scope,data=e.model_dump(mode="json"))
            await js.publish(subject_of(e.type,m.scope),env.model_dump_json().encode())
        async def open_(): 
            r=await a.client.get("/v1/alerts",params={"state":"open","limit":1,"totalCount":"true"}); return int(r.headers["Total-Count"])
        # paced 50/s latency
        lat=[]
        for i in range(60):
            t0=time.perf_counter(); await push(i,"0.1",1)
            while await open_()<i+1: await asyncio.sleep(0.002)
            lat.append(time.perf_counter()-t0)
        lat.sort(); print("\nLAT p50 %.1f ms p95 %.1f ms"%(lat[30]*1e3,lat[56]*1e3))
        t0=time.perf_counter()
        for s in range(2,12):
            await asyncio.gather(*(push(i,"0.%d"%(100+s),s) for i in range(N)))
        tp=time.perf_counter()-t0
        while await open_()<N: await asyncio.sleep(0.01)
        async def done():
            r=await a.client.get("/v1/alerts",params={"limit":1000}); return all(x["value"]=="0.111" for x in r.json())
        while not await done(): await asyncio.sleep(0.02)
        dt=time.perf_counter()-t0
        print("2000 pushes: publish %.2fs, all alerts merged %.2fs -> %.0f/s"%(tp,dt,2000/dt))
