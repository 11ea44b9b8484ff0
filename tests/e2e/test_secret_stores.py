"""Secrets out of stores, by the vendors' own libraries against local servers of their protocols.

Azure's library speaks to nothing but https and Entra: its client is stood in for, by its true
signature.
"""

from __future__ import annotations

import base64
import importlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import pytest

from regimeflow.adapters.secrets.registry import STORES, SecretStores
from regimeflow.apps.cli.commands import main as cli
from regimeflow.live import ConfigError
from regimeflow.types.secrets import SecretStr

SECRET = "hunter2-in-a-store"  # noqa: S105 - planted
TOKEN = "token-of-vault"  # noqa: S105 - planted
Answer = tuple[int, object]


class Store:
    """A local server that answers as it is told, and counts."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler, bytes], Answer]) -> None:
        self.asked: list[str] = []
        self.hang = threading.Event()
        self.hang.set()
        store = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                store.asked.append(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                store.hang.wait(30)
                status, found = answer(self, body)
                data = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _serve  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Let go of whoever hangs, and end."""
        self.hang.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Store]]:
    made: list[Store] = []

    def start(answer: Callable[[BaseHTTPRequestHandler, bytes], Answer]) -> Store:
        made.append(Store(answer))
        return made[-1]

    yield start
    for each in made:
        each.stop()


def refusal(scheme: str, place: str, patience_s: float = 20.0) -> str:
    with pytest.raises(ConfigError) as caught:
        SecretStores(patience_s).fetch(scheme, place)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)


def vault(request: BaseHTTPRequestHandler, _: bytes) -> Answer:
    """KV version 2: the data of a version are in data.data."""
    if request.headers.get("x-vault-token") != TOKEN:
        return 403, {"errors": [f"permission denied for {request.headers['x-vault-token']}"]}
    if request.path != "/v1/kv/data/regimeflow/binance":
        return 404, {"errors": []}
    about = {"version": 3, "created_time": "2026-01-01T00:00:00Z", "destroyed": False}
    return 200, {"data": {"data": {"key": SECRET, "number": 5}, "metadata": about}}


@pytest.fixture
def of_vault(serve, monkeypatch) -> Store:
    pytest.importorskip("hvac", reason="the extra vault")
    store = serve(vault)
    monkeypatch.setenv("VAULT_ADDR", store.url)
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    return store


def test_vault_tells_a_field_once(of_vault) -> None:
    stores = SecretStores()

    found = [stores.fetch("vault", "//kv/regimeflow/binance#key") for _ in range(3)]

    assert [SECRET] * 3 == found
    assert ["/v1/kv/data/regimeflow/binance"] == of_vault.asked
    stores.forget()
    stores.fetch("vault", "//kv/regimeflow/binance#key")
    assert 2 == len(of_vault.asked)


def test_what_vault_refuses_is_said_without_its_words(of_vault, monkeypatch) -> None:
    missing = refusal("vault", "//kv/regimeflow/ibkr#key")
    field = refusal("vault", "//kv/regimeflow/binance#secret")
    number = refusal("vault", "//kv/regimeflow/binance#number")
    monkeypatch.setenv("VAULT_TOKEN", "another-token")
    denied = refusal("vault", "//kv/regimeflow/binance#key")

    assert missing.endswith("vault://kv/regimeflow/ibkr#key: it could not be asked: InvalidPath")
    assert field.endswith("it has no field 'secret' with a text")
    assert number.endswith("it has no field 'number' with a text")
    assert denied.endswith("it could not be asked: Forbidden")
    assert not any("token" in text or SECRET in text for text in (missing, field, number, denied))


def test_a_token_leaves_the_machine_encrypted_or_not_at_all(of_vault, monkeypatch) -> None:
    monkeypatch.setenv("VAULT_ADDR", "http://vault.example.org:8200")

    assert "VAULT_ADDR must be an address with https" in refusal("vault", "//kv/a#b")
    assert [] == of_vault.asked


def test_a_store_that_does_not_answer_is_waited_for_so_long(of_vault) -> None:
    of_vault.hang.clear()

    assert refusal("vault", "//kv/a#b", 0.3).endswith("no answer came within 0.3 s")


def secrets_manager(request: BaseHTTPRequestHandler, body: bytes) -> Answer:
    """GetSecretValue of AWS, in its JSON protocol."""
    assert "secretsmanager.GetSecretValue" == request.headers["x-amz-target"]
    name = json.loads(body)["SecretId"]
    kept = {"prod/key": SECRET, "prod/both": json.dumps({"key": SECRET}), "prod/file": None}
    if name not in kept:
        words = f"Secrets Manager can't find {name}, {SECRET}"
        return 400, {"__type": "ResourceNotFoundException", "message": words}
    if kept[name] is None:
        return 200, {"Name": name, "SecretBinary": base64.b64encode(b"x").decode()}
    return 200, {"Name": name, "SecretString": kept[name]}


def test_aws_tells_a_text_or_a_field_of_one(serve, monkeypatch) -> None:
    pytest.importorskip("boto3", reason="the extra aws")
    store = serve(secrets_manager)
    for name, value in {
        "AWS_ENDPOINT_URL": store.url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret-of-aws",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    stores = SecretStores()

    found = [stores.fetch("aws-sm", place) for place in ("//prod/key", "//prod/both#key")]

    assert [SECRET, SECRET] == found
    texts = {place: refusal("aws-sm", f"//prod/{place}") for place in ("none", "file", "key#key")}
    assert texts["none"].endswith("asked: ResourceNotFoundException (ResourceNotFoundException)")
    assert texts["file"].endswith("it is no text")
    assert texts["key#key"].endswith("it has no field 'key' with a text")
    assert not any(SECRET in text or "secret-of-aws" in text for text in texts.values())


def test_google_tells_the_latest_version_or_the_one_that_is_named(serve, monkeypatch) -> None:
    library = pytest.importorskip("google.cloud.secretmanager", reason="the extra gcp")
    service = "google.cloud.secretmanager_v1.services.secret_manager_service.transports.rest"
    transport_of = importlib.import_module(service).SecretManagerServiceRestTransport
    anonymous = importlib.import_module("google.auth.credentials").AnonymousCredentials

    def access(request: BaseHTTPRequestHandler, _: bytes) -> Answer:
        name = request.path.partition("?")[0].removeprefix("/v1/").removesuffix(":access")
        if not name.startswith("projects/p/secrets/key/versions/"):
            return 404, {"error": {"code": 404, "message": SECRET, "status": "NOT_FOUND"}}
        data = base64.b64encode(f"{SECRET} {name.rpartition('/')[2]}".encode()).decode()
        return 200, {"name": name, "payload": {"data": data}}

    store = serve(access)
    true = library.SecretManagerServiceClient

    def client() -> object:
        host = store.url.removeprefix("http://")
        transport = transport_of(host=host, credentials=anonymous(), url_scheme="http")
        return true(transport=transport)

    monkeypatch.setattr(library, "SecretManagerServiceClient", client)
    stores = SecretStores()

    found = [stores.fetch("gcp-sm", place) for place in ("//p/key", "//p/key/7")]

    assert [f"{SECRET} latest", f"{SECRET} 7"] == found
    assert refusal("gcp-sm", "//p/none").endswith("it could not be asked: NotFound")


def test_azure_is_asked_as_its_client_wants(monkeypatch) -> None:
    library = pytest.importorskip("azure.keyvault.secrets", reason="the extra azure")
    pytest.importorskip("azure.identity", reason="the extra azure")
    made = mock.create_autospec(library.SecretClient)
    client = made.return_value
    client.__enter__.return_value = client
    client.get_secret.return_value = library.KeyVaultSecret(
        library.SecretProperties(), json.dumps({"key": SECRET})
    )
    monkeypatch.setattr(library, "SecretClient", made)

    found = SecretStores().fetch("azure-kv", "//vault-of-ours/binance/v1#key")

    assert SECRET == found
    assert "https://vault-of-ours.vault.azure.net" == made.call_args.kwargs["vault_url"]
    client.get_secret.assert_called_once_with("binance", "v1")


def test_the_keyring_of_the_user_is_asked() -> None:
    keyring = pytest.importorskip("keyring", reason="the extra keyring")
    backend = importlib.import_module("keyring.backend").KeyringBackend

    class Memory(backend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return {("regimeflow/binance", "key"): SECRET}.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

        def delete_password(self, service: str, username: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        found = SecretStores().fetch("keyring", "regimeflow/binance/key")
        missing = refusal("keyring", "regimeflow/ibkr/key")
    finally:
        keyring.set_keyring(before)

    assert SECRET == found
    assert missing.endswith("the keyring has no such password")


@pytest.mark.parametrize("scheme", STORES)
def test_a_library_that_is_missing_is_named_with_its_extra(scheme, monkeypatch) -> None:
    module, extra = STORES[scheme]
    for name in ("keyring", "hvac", "boto3", "google.cloud", "azure.identity"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, module, raising=False)

    text = refusal(scheme, "//a/b#c")

    assert text.endswith(f"which is not installed; pip install 'regimeflow[{extra}]'")


@pytest.mark.parametrize(
    ("scheme", "place"),
    [
        ("vault", "//kv/a"),
        ("vault", "//kv#a"),
        ("vault", "kv/a#b"),
        ("vault", "//kv//a#b"),
        ("gcp-sm", "//p"),
        ("gcp-sm", "//p/a/1/2"),
        ("azure-kv", "//v"),
        ("keyring", "service"),
        ("keyring", "/user"),
    ],
)
def test_a_place_that_is_written_otherwise_is_told_how(scheme, place) -> None:
    for name in ("hvac", "google.cloud.secretmanager", "azure.identity", "keyring"):
        pytest.importorskip(name, reason="an extra")

    assert f"expected {scheme}:" in refusal(scheme, place)


def test_a_file_names_a_store_and_check_shows_the_reference(of_vault, tmp_path, capsys) -> None:
    path = tmp_path / "live.toml"
    path.write_text(
        'broker_type = "binance"\nsymbols = ["BTCUSDT"]\n[broker]\nenvironment = "testnet"\n'
        'api_key = "vault://kv/regimeflow/binance#key"\n'
        'secret_key = "vault://kv/regimeflow/nothing#key"\n'
    )

    code = cli(["check", str(path)])

    told = capsys.readouterr()
    assert 3 == code
    assert "broker.secret_key: the secret vault://kv/regimeflow/nothing#key: it" in told.err
    assert SECRET not in told.out + told.err
    assert SECRET == SecretStr("vault://kv/regimeflow/binance#key").reveal()
