"""Each device's own account at a real embedded broker: its own line alone, a new password within a look, and a revoked device cut off while others go on."""

import queue
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from integrations.devices.accounts import AccountKeeper
from integrations.local.nats import Broker
from marketplace.supervision import actions
from marketplace.supervision.devices import accounts
from marketplace.supervision.devices.accounts import BrokerAccount
from tenants.errors import Conflict
from tests.conftest import SECRET
from tests.factories import Person, World
from tests.frontend.forms import form_fields
from tests.integrations.local.running import running
from tests.integrations.local.test_nats import Client
from tests.marketplace.supervision.makers import an_enrolled_device

pytestmark = pytest.mark.stack


@dataclass
class Post:
    """A broker, who keeps its list, and the gateway's own connection."""

    broker: Broker
    keeper: AccountKeeper
    gateway: Client

    def connect(self, account: BrokerAccount) -> Client:
        parts = urlsplit(account.address)
        return Client(f"mqtt://{account.user}:{account.password}@{parts.hostname}:{parts.port}", account.user)


@pytest.fixture
def post(world: World, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    broker = Broker(home, shares_one=False)
    with running(broker.child(), home / "logs" / "mqtt.log"):
        monkeypatch.setattr(accounts, "_chosen", accounts._Chosen(SECRET, broker.address()))
        gateway = Client(broker.url(), "gateway")
        assert gateway.subscribe("t/+/d/+/b")
        yield Post(broker, AccountKeeper(world.gateway_app, broker.configuration), gateway)
        gateway.close()


def given(person: Person, device_id: object) -> BrokerAccount:
    with person.ws() as ws:
        return accounts.give_broker_account(ws, device_id)  # type: ignore[arg-type]


def look(world: World, post: Post) -> bool:
    with world.gateway_app.app_context():
        return post.keeper.look()


def heard(post: Post) -> bytes | None:
    try:
        return post.gateway.inbox.get(timeout=0.7)
    except queue.Empty:
        return None


def connects(post: Post, account: BrokerAccount, wanted: bool) -> Client:
    """The broker reads its list a moment after it was told: try for ten seconds."""
    for _ in range(50):
        client = post.connect(account)
        if (client.outcome == 0) is wanted:
            return client
        client.close()
        heard(post)
    raise AssertionError("the broker did not take the list over")


def test_a_device_writes_its_own_line_alone_and_a_revoked_one_is_cut_off(world: World, post: Post) -> None:
    firm = world.firm("SUPERVISOR")
    one, other = an_enrolled_device(firm), an_enrolled_device(firm)
    first, second = given(firm.operator, one.device_id), given(firm.operator, other.device_id)
    assert look(world, post)
    assert not look(world, post)
    scale, neighbour = connects(post, first, True), connects(post, second, True)
    here, there = (f"t/{firm.tenant_id}/d/{device.device_id}" for device in (one, other))
    scale.publish(f"{here}/b", b"mine")
    assert heard(post) == b"mine"
    scale.publish(f"{there}/b", b"forged")
    assert heard(post) is None
    assert scale.subscribe(f"{here}/a")
    assert not scale.subscribe(f"{there}/a")
    assert not scale.subscribe("t/+/d/+/b")

    with firm.operator.ws() as ws:
        actions.revoke_device(ws, one.device_id, because="stolen")
    assert look(world, post)
    connects(post, first, False).close()
    neighbour.publish(f"{there}/b", b"still here")
    assert heard(post) == b"still here"
    scale.close()
    neighbour.close()


def test_a_new_password_replaces_the_one_before(world: World, post: Post) -> None:
    firm = world.firm("SUPERVISOR")
    device = an_enrolled_device(firm)
    before = given(firm.operator, device.device_id)
    look(world, post)
    connects(post, before, True).close()
    after = given(firm.operator, device.device_id)
    assert look(world, post)
    connects(post, before, False).close()
    connects(post, after, True).close()


def test_a_restart_lets_the_same_devices_in_and_there_is_no_account_for_all(world: World, post: Post) -> None:
    firm = world.firm("SUPERVISOR")
    account = given(firm.operator, an_enrolled_device(firm).device_id)
    look(world, post)
    post.broker.child()
    written = post.broker.configuration.read_text()
    assert account.user in written
    assert '"devices"' not in written
    assert post.broker.devices_url() is None


def test_who_may_not_enrol_gives_no_account_and_a_revoked_device_gets_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    firm = world.firm("SUPERVISOR")
    device = an_enrolled_device(firm)
    with firm.operator.ws() as ws, pytest.raises(Conflict, match="not ours"):
        accounts.give_broker_account(ws, device.device_id)
    monkeypatch.setattr(accounts, "_chosen", accounts._Chosen(SECRET, "mqtt://127.0.0.1:1883"))
    assert firm.person("auditor").call("POST", f"/devices/{device.device_id}/broker-account").status_code == 403
    assert world.firm("SUPERVISOR").operator.call("POST", f"/devices/{device.device_id}/broker-account").status_code == 404  # fmt: skip
    browser = firm.operator.browser()
    page = browser.post(f"/devices/{device.device_id}/broker-account", data=form_fields(browser.get(f"/devices/{device.device_id}").text)).text  # fmt: skip
    called = firm.operator.call("POST", f"/devices/{device.device_id}/broker-account").json
    assert re.search(rf'text="{device.device_id}"', page)
    assert called["password"] not in page
    with firm.operator.ws() as ws:
        actions.revoke_device(ws, device.device_id, because="stolen")
    with firm.operator.ws() as ws, pytest.raises(Conflict, match="revoked"):
        accounts.give_broker_account(ws, device.device_id)
