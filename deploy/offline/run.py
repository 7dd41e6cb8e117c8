"""Run a Terraform command against the pretend providers, with nothing downloaded.

    python -m deploy.offline.run [--used-in DIR]... -- terraform -chdir=DIR validate

It serves each provider on a unix socket, names the sockets to Terraform by TF_REATTACH_PROVIDERS
(so that `terraform init` fetches nothing and locks nothing), runs the command and ends with its
exit status. The command may be a script that calls Terraform many times.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path

import grpc

from deploy.offline import schemas
from deploy.offline.provider import Call, Provider
from deploy.offline.wire import decode

ADDRESS = "registry.terraform.io/hashicorp/"
_NO_LIMIT = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


def _handler(provider: Provider, name: str, call: Call) -> grpc.RpcMethodHandler:
    def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            return call(decode(request))
        except Exception as error:
            # Terraform shows this text as the provider's error; without it, it says "EOF".
            context.abort(grpc.StatusCode.INTERNAL, f"{provider.name}: {name}: {error!r}")
            raise

    return grpc.unary_unary_rpc_method_handler(answer)


def serve(provider: Provider, socket: Path) -> grpc.Server:
    """Start answering the plugin protocol on a unix socket."""
    server = grpc.server(futures.ThreadPoolExecutor(8), options=_NO_LIMIT)
    handlers = {name: _handler(provider, name, call) for name, call in provider.calls().items()}
    service = grpc.method_handlers_generic_handler("tfplugin6.Provider", handlers)
    server.add_generic_rpc_handlers((service,))
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    return server


def _attachment(socket: Path) -> dict[str, object]:
    return {
        "Protocol": "grpc",
        "ProtocolVersion": 6,
        "Pid": os.getpid(),
        "Test": True,
        "Addr": {"Network": "unix", "String": str(socket)},
    }


@contextmanager
def served(all_schemas: dict[str, schemas.Schema]) -> Iterator[dict[str, str]]:
    """Serve the providers and yield the environment in which Terraform finds them."""
    with tempfile.TemporaryDirectory(prefix="offline-") as folder:
        attachments, servers = {}, []
        for name, schema in all_schemas.items():
            socket = Path(folder, f"{name}.sock")
            servers.append(serve(Provider(name, schema), socket))
            attachments[ADDRESS + name] = _attachment(socket)
        settings = Path(folder, "terraformrc")
        settings.write_text("disable_checkpoint = true\n")
        try:
            yield {
                "TF_REATTACH_PROVIDERS": json.dumps(attachments),
                "TF_CLI_CONFIG_FILE": str(settings),
                "TF_IN_AUTOMATION": "1",
                # Terraform lives for seconds: a lazier garbage collector saves a third of its time.
                "GOGC": "800",
            }
        finally:
            for server in servers:
                server.stop(None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--schema", type=Path, default=schemas.AWS, help="another AWS schema")
    parser.add_argument(
        "--used-in",
        type=Path,
        action="append",
        metavar="DIR",
        help="serve only the types that this folder names: starts much faster",
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND")
    given = parser.parse_args()
    all_schemas = schemas.read_all(given.schema)
    if given.used_in:
        words = schemas.words_in(given.used_in)
        all_schemas = {name: schemas.narrow(one, words) for name, one in all_schemas.items()}
    with served(all_schemas) as environment:
        return subprocess.run(given.command, env={**os.environ, **environment}).returncode


if __name__ == "__main__":
    sys.exit(main())
