#!/usr/bin/env python3
"""A server whose answers are files' worth of JSON: for lists of models in the shapes of servers that are not here.
usage: served.py PORT-FILE ROUTES.json    ROUTES: {"GET /path": {"status": 200, "body": ...}}; what is not there is a 404"""
import http.server, json, os, sys

routes = json.load(open(sys.argv[2]))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        route = routes.get("%s %s" % (self.command, self.path), {"status": 404, "body": {"error": "none"}})
        body = json.dumps(route["body"]).encode()
        self.send_response(route.get("status", 200))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
