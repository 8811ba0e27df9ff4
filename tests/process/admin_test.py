# SPDX-License-Identifier: Apache-2.0
"""The admin API against a browser: pages of other sites, and names that were pointed at this machine."""
import httpx
import pytest

READS = ["/healthz", "/readyz", "/metrics", "/api/v1/status", "/api/v1/config", "/api/v1/routes"]


def refused(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and answer.json()["error"]["code"] == "forbidden"


@pytest.fixture
def admin(sluice):
    proxy = sluice("127.0.0.1:1", admin={"address": "127.0.0.1:0", "token": "right", "hosts": ["admin.example"]})
    with httpx.Client(base_url=proxy.admin, headers={"Authorization": "Bearer right"}) as client:
        yield client


@pytest.mark.parametrize("host", ["rebound.example", "localhost.rebound.example", "127.0.0.1.rebound.example:9901",
                                  "127.0.0.1@rebound.example", "xadmin.example"])
def test_a_name_somebody_pointed_at_this_machine_is_refused_even_with_the_token(admin, host):
    for path in READS:
        answer = admin.get(path, headers={"Host": host})
        assert answer.status_code == 400 or refused(answer), (path, answer.text)
    answer = admin.put("/api/v1/log-level", headers={"Host": host}, json={"level": "debug"})
    assert answer.status_code == 400 or refused(answer)
    assert admin.get("/api/v1/log-level").json() == {"level": "info"}


@pytest.mark.parametrize("origin", ["http://site.example", "null", "https://127.0.0.1:1", "http://localhost", "http://"])
def test_a_page_of_another_site_is_refused_even_with_the_token(admin, origin):
    for path in READS:
        assert refused(admin.get(path, headers={"Origin": origin})), path
    assert refused(admin.put("/api/v1/log-level", headers={"Origin": origin}, json={"level": "debug"}))
    assert refused(admin.post("/api/v1/reload", headers={"Origin": origin}))
    assert admin.get("/api/v1/log-level").json() == {"level": "info"}


def test_addresses_localhost_and_configured_names_are_let_in_and_so_is_our_own_origin(admin):
    port = admin.base_url.port
    for host in [f"127.0.0.1:{port}", f"localhost:{port}", "[::1]:80", "10.0.0.1", "ADMIN.example", "admin.example.:80"]:
        assert admin.get("/api/v1/status", headers={"Host": host}).status_code == 200, host
    own = f"http://127.0.0.1:{port}"
    assert admin.put("/api/v1/log-level", headers={"Origin": own}, json={"level": "warn"}).status_code == 200
