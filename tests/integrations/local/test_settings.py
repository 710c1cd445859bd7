"""Settings that cannot be right are refused by name, and secrets are not repeated."""

import os
from pathlib import Path

import pytest

from integrations.local.settings import CLONE, from_environment
from tenants.errors import Invalid

REFUSED = [
    ("BAILEE_PORT", "0"),
    ("BAILEE_PORT", "65536"),
    ("BAILEE_PORT", "80a"),
    ("BAILEE_PORT", "-1"),
    ("BAILEE_PORT", "٨٠"),
    ("BAILEE_MQTT_PORT", "mqtt"),
    ("BAILEE_HOST", "http://0.0.0.0"),
    ("BAILEE_HOST", "127.0.0.1:80"),
    ("BAILEE_HOME", "data"),
    ("BAILEE_HOME", "~/bailee"),
    ("BAILEE_PUBLIC_URL", "bailee.example"),
    ("BAILEE_PUBLIC_URL", "ftp://bailee.example"),
    ("BAILEE_PUBLIC_URL", "https://bailee.example/app"),
    ("BAILEE_PUBLIC_URL", "https://user@bailee.example"),
    ("BAILEE_PUBLIC_URL", "https://bailee.example:99999"),
    ("BAILEE_DATABASE_URL", "mysql://root:hushhush@db/bailee"),
    ("BAILEE_DATABASE_URL", "postgresql:"),
    ("BAILEE_DATABASE_APP_URL", "db.example"),
    ("BAILEE_VALKEY_URL", "valkey+unix:///run/hushhush"),
    ("BAILEE_MQTT_URL", "tcp://broker:1883"),
    ("BAILEE_MQTT_DEVICES_PASSWORD", "hushhush"),
    ("BAILEE_ELASTICSEARCH_URL", "search.example:9200"),
    ("BAILEE_SMTP_URL", "http://mail.example"),
    ("BAILEE_STRIPE_KEY", "pk_live_hushhush"),
    ("BAILEE_STRIPE_WEBHOOK_SECRET", "hushhush"),
    ("BAILEE_STRIPE_WEBHOOK_SECRET", "whsec_hushhush,"),
    ("BAILEE_STRIPE_WEBHOOK_SECRET", "whsec_hushhush,whsec_b,whsec_c"),
    ("BAILEE_OIDC_ISSUER", "http://sso.example"),
    ("BAILEE_OIDC_ISSUER", "https://sso.example?realm=x"),
    ("BAILEE_SECRET_KEY", "hushhush"),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_what_cannot_be_right_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        from_environment({name: value})
    assert refused.value.field == name
    assert name in refused.value.in_english()
    assert "hushhush" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"BAILEE_OIDC_ISSUER": "https://sso.example"}, "BAILEE_OIDC_CLIENT_ID"),
        ({"BAILEE_OIDC_CLIENT_SECRET": "x", "BAILEE_OIDC_CLIENT_ID": "y"}, "BAILEE_OIDC_ISSUER"),
        ({"BAILEE_STRIPE_KEY": "sk_test_1"}, "BAILEE_STRIPE_WEBHOOK_SECRET"),
    ],
)
def test_half_of_what_goes_together_is_refused(given: dict[str, str], missing: str) -> None:
    with pytest.raises(Invalid) as refused:
        from_environment(given)
    assert refused.value.field == missing


def test_nothing_is_needed() -> None:
    settings = from_environment({"HOME": "/home/li", "XDG_DATA_HOME": "/home/li/data"})
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8800, "http://127.0.0.1:8800")
    assert settings.home == (Path("/var/lib/bailee") if os.geteuid() == 0 else Path("/home/li/data/bailee"))
    assert (settings.database_url, settings.valkey_url, settings.mqtt_url) == (None, None, None)


def test_the_demo_world_has_a_home_of_its_own() -> None:
    assert from_environment({}, demo=True).home == CLONE / "var" / "demo"


def test_an_empty_variable_counts_as_absent() -> None:
    assert from_environment({"BAILEE_PORT": "", "BAILEE_DATABASE_URL": " "}).port == 8800


def test_everything_given() -> None:
    settings = from_environment(
        {
            "BAILEE_HOME": "/srv/bailee",
            "BAILEE_HOST": "::",
            "BAILEE_PORT": "443",
            "BAILEE_DATABASE_URL": "postgresql://admin:word@db.example:5432/postgres?sslmode=verify-full",
            "BAILEE_DATABASE_APP_URL": "postgresql+psycopg://bailee_app:word@db.example/bailee",
            "BAILEE_VALKEY_URL": "rediss://:word@cache.example:6379/0",
            "BAILEE_MQTT_URL": "mqtts://gateway:word@broker.example:8883",
            "BAILEE_OIDC_ISSUER": "https://sso.example/realms/bank",
            "BAILEE_OIDC_CLIENT_ID": "bailee",
            "BAILEE_OIDC_CLIENT_SECRET": "word",
            "BAILEE_STRIPE_KEY": "rk_live_abc",
            "BAILEE_STRIPE_WEBHOOK_SECRET": "whsec_abc,whsec_def",
            "BAILEE_SMTP_URL": "smtps://user:word@mail.example:465",
        }
    )
    assert settings.home == Path("/srv/bailee")
    assert settings.public_url == "http://127.0.0.1:443"
    assert settings.door_urls == {"app": "postgresql+psycopg://bailee_app:word@db.example/bailee"}
