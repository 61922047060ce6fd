"""Serves the engine of chdb at the HTTP interface of ClickHouse, as far as the collector uses that.

    python bridge.py PORT FOLDER

The engine is in this process, and runs one statement after the other. Tables that go along with a question
are tables of its database while it is answered.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from chdb.session import Session

DEFAULT_FORMAT = "TabSeparated"
INSERT, IN_ROWS = "INSERT INTO ", " FORMAT RowBinary"


class Engine:
    """The engine, with its data in a folder."""

    def __init__(self, folder):
        self.session = Session(str(folder / "data"))
        self.rows = folder / "rows"
        self.lock = Lock()

    def run(self, database, sql, tables=()):
        """Answers a statement. `tables` go along, each with its name, structure and rows."""
        with self.lock:
            self.use(database)
            made = []
            try:
                for name, structure, rows in tables:
                    self.ask(f"CREATE TABLE {name} ({structure}) ENGINE = Memory")
                    made.append(name)
                    self.fill(name, structure, rows)
                return in_order(self.ask(sql))
            finally:
                for name in made:
                    self.ask(f"DROP TABLE {name}")

    def insert(self, database, table, rows):
        """Inserts rows into a table that is stored."""
        with self.lock:
            self.use(database)
            described = self.ask(f"DESCRIBE TABLE {table}").decode().splitlines()
            columns = (line.split("\t")[:2] for line in described)
            self.fill(table, ", ".join(f"{name} {kind}" for name, kind in columns), rows)

    def use(self, database):
        if database:
            self.ask(f"USE {database}")

    def fill(self, table, structure, rows):
        if rows:
            self.rows.write_bytes(rows)
            source = f"file('{self.rows}', 'RowBinary', '{structure}')"
            self.ask(f"INSERT INTO {table} SELECT * FROM {source}")

    def ask(self, sql):
        return self.session.query(sql, DEFAULT_FORMAT).bytes()


def in_order(answer):
    """An answer in JSON from its head on: embedded, the engine puts the totals of no rows before it."""
    head, rows = b'{\n\t"meta"', b'"data":\n\t[\n'
    at = answer.find(head)
    if at <= 0:
        return answer
    end = answer.index(rows, at) + len(rows)
    return answer[at:end] + answer[:at] + answer[end:]


def form(content_type, body):
    """The parts of a form by their names. Their bytes are what they are: no line is mended."""
    boundary = b"\r\n--" + content_type.split("boundary=", 1)[1].encode()
    parts = {}
    for part in (b"\r\n" + body).split(boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = head.split(b'name="', 1)[1].split(b'"', 1)[0]
        parts[name.decode()] = content
    return parts


class Handler(BaseHTTPRequestHandler):
    """Answers requests as ClickHouse does."""

    protocol_version = "HTTP/1.1"
    engine = None

    def do_POST(self):
        query = parse_qs(urlsplit(self.path).query)
        params = {name: values[0] for name, values in query.items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, answer = 200, self.answer(params, body)
        except Exception as refused:  # Whatever the engine raises is its answer.
            status, answer = 500, str(refused).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def answer(self, params, body):
        database = params.get("database")
        if "query" in params:
            table = params["query"].removeprefix(INSERT).removesuffix(IN_ROWS)
            self.engine.insert(database, table, body)
            return b""
        content_type = self.headers.get("Content-Type", "")
        if not content_type.startswith("multipart/form-data"):
            return self.engine.run(database, body.decode())
        parts = form(content_type, body)
        sql = parts.pop("query").decode()
        tables = [(name, params[f"{name}_structure"], rows) for name, rows in parts.items()]
        return self.engine.run(database, sql, tables)

    def log_message(self, *_):
        """Logs nothing."""


def main():
    port, folder = sys.argv[1:]
    Handler.engine = Engine(Path(folder))
    ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main()
