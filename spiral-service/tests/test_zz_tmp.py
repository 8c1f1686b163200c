from spiral_service.app import create_app
from spiral_service.settings import Settings
from report_service.app import create_app as rc
from report_service.settings import Settings as RS
async def test_x(start_service):
    async with start_service("spiral_service", create_app, Settings) as r:
        for p in ("corrections?scope=class/a%00b","corrections?cycle=%00","cycles/%00a","cycles?state=%00","corrections?cycle=%ed%a0%80","cycles/%ed%a0%80","corrections?pageToken=WyIyMDI2LTAxLTAxIiwiMCJd","cycles?pageToken=WyIyMDI2LTAxLTAxIiwiXHUwMDAwIl0","cycles?offset=99999999999999999999", "corrections?pageToken=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5IiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0"):
            try:
                a=await r.client.get("/v1/"+p); print(p,a.status_code,a.text[:200])
            except Exception as e: print(p,"EXC",type(e),str(e)[:200])
        for b in (b'{"key":"a\\u0000b","scope":"class/x","period":"year:2026"}', b'{"key":"ab","scope":"class/x\\u0000","period":"year:2026"}', b'{"key":"ab","scope":"class/x","period":"year:2026","key":"b"}', b'[]', b'', b'{"key":NaN}'):
            try:
                a=await r.client.post("/v1/cycles",content=b,headers={"content-type":"application/json"}); print(b,a.status_code,a.text[:200])
            except Exception as e: print(b,"EXC",type(e),str(e)[:200])
