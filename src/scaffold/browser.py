"""Answers /health, and /page?url=... with what a browser makes of that page."""

import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlsplit

# Its own sandbox needs rights that a container should not have: the container is the wall.
CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
ONE_AT_A_TIME = Lock()


class Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self):
        url = urlsplit(self.path)
        page = parse_qs(url.query).get("url", [""])[0]
        if url.path == "/health":
            self.answer(200, b"ok\n")
        elif url.path == "/page" and page.startswith(("http://", "https://")):
            try:
                with ONE_AT_A_TIME:
                    done = subprocess.run([*CHROMIUM, page], capture_output=True, timeout=60)
                self.answer(200 if done.returncode == 0 else 502, done.stdout)
            except subprocess.TimeoutExpired:
                self.answer(504, b"too slow\n")
        else:
            self.answer(404, b"not found\n")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
