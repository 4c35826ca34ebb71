"""The yardstick: client -> nginx -> TLS 1.3 with a verified client certificate -> nginx -> the same backend. Its files lie
in the folder of the run; the machine's own nginx, if it has one, is not touched."""

import os
import shutil
from pathlib import Path

from support.processes import run

COMMON = """
daemon off;
worker_processes {workers};
pid {folder}/{name}.pid;
error_log {folder}/{name}.log error;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    server_tokens off;
    client_max_body_size 0;
    client_body_temp_path {folder}/{name}-body;
    proxy_temp_path {folder}/{name}-proxy;
    fastcgi_temp_path {folder}/{name}-fastcgi;
    uwsgi_temp_path {folder}/{name}-uwsgi;
    scgi_temp_path {folder}/{name}-scgi;
    keepalive_requests 1000000;
    upstream next {{ server {next}; keepalive 64; keepalive_requests 1000000; }}
{servers}
}}
"""

CONSUMER = """
    server {{
        listen {address};
        location / {{
            proxy_pass https://next;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_ssl_protocols TLSv1.3;
            proxy_ssl_certificate {folder}/consumer.crt;
            proxy_ssl_certificate_key {folder}/consumer.key;
            proxy_ssl_trusted_certificate {folder}/ca.crt;
            proxy_ssl_verify on;
            proxy_ssl_name provider.bench;
        }}
    }}
"""

PROVIDER = """
    server {{
        listen {address} ssl;
        ssl_protocols TLSv1.3;
        ssl_certificate {folder}/provider.crt;
        ssl_certificate_key {folder}/provider.key;
        ssl_client_certificate {folder}/ca.crt;
        ssl_verify_client on;
        location / {{
            proxy_pass http://next;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
"""


class NginxChain:
    def __init__(self, folder, processes, consumer, provider, backend, workers=2):
        self.folder, self.processes, self.workers = Path(folder), processes, workers
        self.consumer, self.provider, self.backend = consumer, provider, backend
        self.folder.mkdir(parents=True, exist_ok=True)

    def start(self):
        self.make_certificates()
        self.configure("provider", PROVIDER, self.provider, self.backend)
        self.configure("consumer", CONSUMER, self.consumer, self.provider)

    def make_certificates(self):
        """One authority, and an RSA-2048 certificate for each end."""
        at = self.folder
        run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Bench CA",
             "-keyout", at / "ca.key", "-out", at / "ca.crt"])
        for name in ("consumer", "provider"):
            run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}.bench",
                 "-keyout", at / f"{name}.key", "-out", at / f"{name}.csr"])
            run(["openssl", "x509", "-req", "-in", at / f"{name}.csr", "-CA", at / "ca.crt", "-CAkey", at / "ca.key",
                 "-CAcreateserial", "-days", "2", "-out", at / f"{name}.crt"])

    def configure(self, name, server, address, next_one):
        user = "user root;" if os.geteuid() == 0 else ""
        servers = server.format(address=address, folder=self.folder)
        path = self.folder / f"{name}.conf"
        path.write_text(COMMON.format(folder=self.folder, name=name, user=user, next=next_one, servers=servers,
                                      workers=self.workers))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.processes.start(f"nginx-{name}", [program, "-p", self.folder, "-e", self.folder / f"{name}.log", "-c", path])
