//! Queries ClickHouse over HTTP.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode, Uri, body::Bytes, header};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{
    failure::{Failure, Result},
    tls::Connector,
};

/// Time limit for connecting. A machine that is down does not refuse the connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Time limit for an answer. A query about years of a large tree takes seconds.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// The database when an address names none.
const DATABASE: &str = "natero";

/// A node of ClickHouse.
#[derive(Debug, Clone)]
pub(super) struct Clickhouse {
    http: Client<Connector, Full<Bytes>>,
    scheme: &'static str,
    /// Host and port.
    host: String,
    database: String,
    authorization: Option<String>,
}

/// An external table, which is sent along with a query.
#[derive(Debug, Clone)]
pub(super) struct External {
    pub(super) name: &'static str,
    /// Names and types of its columns.
    pub(super) structure: &'static str,
    /// Its rows in the format `RowBinary`.
    pub(super) rows: Vec<u8>,
}

impl Clickhouse {
    /// Makes a node from an address such as `http://USER:PASSWORD@HOST:8123/DATABASE`.
    pub(super) fn new(address: &str) -> Result<Self> {
        let wrong = || {
            Failure::Clickhouse(
                "--clickhouse is no address such as http://HOST:8123/DATABASE".to_owned(),
            )
        };
        let uri: Uri = address.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?.as_str();
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let database = match uri.path().trim_matches('/') {
            "" => DATABASE,
            database => database,
        };
        // The name is written into statements without escaping.
        if !database
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        {
            return Err(wrong());
        }
        let authorization = user.map(|user| {
            let user = percent_decode_str(user).decode_utf8_lossy();
            let user = if user.contains(':') {
                user.into_owned()
            } else {
                format!("{user}:")
            };
            format!("Basic {}", BASE64_STANDARD.encode(user))
        });
        let is_encrypted = uri.scheme_str() == Some("https");
        let connector = Connector::new(is_encrypted, CONNECT_LIMIT)?;
        Ok(Clickhouse {
            http: Client::builder(TokioExecutor::new()).build(connector),
            scheme: if is_encrypted { "https" } else { "http" },
            host: host.to_owned(),
            database: database.to_owned(),
            authorization,
        })
    }

    /// Its host, port and database, which identify it among the nodes.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.host, self.database)
    }

    /// Creates its database.
    pub(super) async fn create_database(&self) -> Result<()> {
        let sql = format!("CREATE DATABASE IF NOT EXISTS {}", self.database);
        self.send(&[], "text/plain", sql.into()).await?;
        Ok(())
    }

    /// Runs a statement in its database, and returns the answer.
    pub(super) async fn execute(&self, sql: &str) -> Result<Vec<u8>> {
        let database = [("database", self.database.as_str())];
        self.send(&database, "text/plain", sql.to_owned().into())
            .await
    }

    /// Inserts rows in the format `RowBinary` into a table of its database.
    pub(super) async fn insert(&self, table: &str, rows: Bytes) -> Result<()> {
        let sql = format!("INSERT INTO {table} FORMAT RowBinary");
        let params = [("database", self.database.as_str()), ("query", &sql)];
        self.send(&params, "application/octet-stream", rows).await?;
        Ok(())
    }

    /// Runs a query in its database with external tables, and returns the answer.
    pub(super) async fn ask(&self, sql: &str, tables: &[External]) -> Result<Vec<u8>> {
        // Senders of events must not be able to guess the boundary: an event may contain any text,
        // and with the boundary it could end its part of the form and begin another one.
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let boundary = format!("natero-{:032x}", u128::from_le_bytes(random));
        let names: Vec<(String, String)> = tables
            .iter()
            .map(|table| {
                (
                    format!("{}_structure", table.name),
                    format!("{}_format", table.name),
                )
            })
            .collect();
        // The statement goes in the body, because with long names it would be too long for a URL.
        // The server buffers the whole answer before it sends the status, so the status is
        // reliable.
        let mut params = vec![
            ("database", self.database.as_str()),
            ("wait_end_of_query", "1"),
        ];
        for (table, (structure, format)) in tables.iter().zip(&names) {
            params.push((structure, table.structure));
            params.push((format, "RowBinary"));
        }
        let body = form(&boundary, sql, tables);
        let type_ = format!("multipart/form-data; boundary={boundary}");
        self.send(&params, &type_, body.into()).await
    }

    async fn send(&self, params: &[(&str, &str)], type_: &str, body: Bytes) -> Result<Vec<u8>> {
        let query: Vec<String> = params
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let mut request = Request::post(format!(
            "{}://{}/?{}",
            self.scheme,
            self.host,
            query.join("&")
        ))
        .header(header::CONTENT_TYPE, type_);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request
            .body(Full::new(body))
            .map_err(|cause| Failure::Clickhouse(cause.to_string()))?;
        let answer = tokio::time::timeout(TIME_LIMIT, self.answer_of(request)).await;
        answer.unwrap_or_else(|_| Err(self.away("no answer in time".to_owned())))
    }

    /// Sends a request and returns the answer. When the server could not read the request as HTTP,
    /// it has done nothing and closed the connection; the request is then sent once more.
    async fn answer_of(&self, request: Request<Full<Bytes>>) -> Result<Vec<u8>> {
        let answer = match self.answer(request.clone()).await? {
            (StatusCode::BAD_REQUEST, body) if body.is_empty() => self.answer(request).await?,
            answer => answer,
        };
        let (status, body) = answer;
        if status.is_success() {
            return Ok(body);
        }
        let message = String::from_utf8_lossy(&body);
        let message: String = message.trim().chars().take(1000).collect();
        Err(refusal(self.name(), status, message))
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Vec<u8>)> {
        let failed = |cause: &dyn std::error::Error| {
            let source = cause.source().map(|source| format!(": {source}"));
            self.away(format!("{cause}{}", source.unwrap_or_default()))
        };
        let answer = self
            .http
            .request(request)
            .await
            .map_err(|cause| failed(&cause))?;
        let status = answer.status();
        let body = answer
            .into_body()
            .collect()
            .await
            .map_err(|cause| failed(&cause))?;
        Ok((status, body.to_bytes().to_vec()))
    }

    fn away(&self, cause: String) -> Failure {
        let name = self.name();
        Failure::Away { name, cause }
    }
}

/// A multipart form with a statement and its external tables.
fn form(boundary: &str, sql: &str, tables: &[External]) -> Vec<u8> {
    let mut body =
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\n{sql}\r\n")
            .into_bytes();
    for External { name, rows, .. } in tables {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; \
             filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(rows);
        body.extend_from_slice(b"\r\n");
    }
    // ClickHouse 18.16 stops reading here. It would take a line break after this for the beginning
    // of the next request on the connection.
    body.extend_from_slice(format!("--{boundary}--").as_bytes());
    body
}

/// Error codes for a missing table or database, and for a query that noticed that the server was
/// restarted.
const LACKS_DATA: [u32; 3] = [60, 81, 395];

/// Error codes for refused access: the user or password is wrong, or the user may not use the
/// database. Their HTTP status differs by version.
const LETS_NOBODY_IN: [u32; 7] = [192, 193, 194, 195, 291, 497, 516];

/// The failure that an error answer means. When a node refuses access or has a failure of its own,
/// another replica may answer, as if the node were unreachable. Every replica would return any
/// other error.
fn refusal(name: String, status: StatusCode, message: String) -> Failure {
    let code = code(&message);
    if code.is_some_and(|code| LACKS_DATA.contains(&code)) {
        return Failure::Lost {
            name,
            cause: message,
        };
    }
    let is_closed = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
        || code.is_some_and(|code| LETS_NOBODY_IN.contains(&code));
    let is_unread = status == StatusCode::BAD_REQUEST && message.is_empty();
    let cause = format!("{status}: {message}");
    if is_closed {
        Failure::Closed { name, cause }
    } else if is_unread || status.is_server_error() {
        Failure::Away { name, cause }
    } else {
        Failure::Clickhouse(format!("{name}: {cause}"))
    }
}

/// The code at the beginning of an error answer. The text after it differs by version.
fn code(message: &str) -> Option<u32> {
    let rest = message.strip_prefix("Code: ")?;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit());
    rest[..digits.unwrap_or(rest.len())].parse().ok()
}

/// A text as an SQL literal.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for letter in text.chars() {
        match letter {
            '\\' => literal.push_str("\\\\"),
            '\'' => literal.push_str("\\'"),
            // A statement is sent as a part of a form, and line breaks delimit the parts.
            '\r' => literal.push_str("\\r"),
            '\n' => literal.push_str("\\n"),
            letter => literal.push(letter),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_the_database_and_who_asks() {
        let node = Clickhouse::new("http://n:se%40cret@h:8123/usage").unwrap();
        assert_eq!(node.name(), "h:8123/usage");
        let encoded = BASE64_STANDARD.encode("n:se@cret");
        assert_eq!(node.authorization, Some(format!("Basic {encoded}")));
        let plain = Clickhouse::new("http://h:8123").unwrap();
        assert_eq!(
            (plain.name(), plain.authorization.as_deref()),
            ("h:8123/natero".to_owned(), None)
        );
        assert!(Clickhouse::new("http://h:8123/a;b").is_err());
    }

    #[test]
    fn the_code_of_a_failure_is_that_of_every_version() {
        for message in [
            "Code: 60, e.displayText() = DB::Exception: Table n.e doesn't exist.",
            "Code: 60. DB::Exception: Table n.e does not exist. (UNKNOWN_TABLE)",
        ] {
            assert_eq!(code(message), Some(60), "{message}");
        }
        assert_eq!(code("Poco::Exception. Code: 1000"), None);
    }

    #[test]
    fn a_node_that_lets_nobody_in_or_fails_by_itself_is_as_good_as_away() {
        let refused = |status: u16, message: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            refusal("h:8123/n".to_owned(), status, message.to_owned())
        };
        for (status, message) in [
            (401, ""),
            (403, "Code: 516. DB::Exception: Authentication failed"),
            (400, ""),
            (
                404,
                "Code: 192, e.displayText() = DB::Exception: Unknown user u",
            ),
            (
                500,
                "Code: 241. DB::Exception: Memory limit (total) exceeded",
            ),
            (502, "<html>Bad Gateway</html>"),
        ] {
            let failure = refused(status, message);
            assert!(
                failure.is_of_node() && failure.is_outage(),
                "{status} {message}"
            );
        }
        let wrong = refused(400, "Code: 62. DB::Exception: Syntax error");
        assert!(!wrong.is_of_node() && !wrong.is_outage());
        let lost = refused(500, "Code: 60, e.displayText() = DB::Exception: no table");
        assert!(matches!(lost, Failure::Lost { .. }));
    }

    #[test]
    fn nothing_follows_a_form() {
        let table = External {
            name: "t",
            structure: "a UInt8",
            rows: vec![1, 2],
        };
        let body = form("b", "SELECT 1", &[table]);
        assert!(body.ends_with(b"\x01\x02\r\n--b--"), "{body:?}");
    }

    /// A node that serves one request per connection, each with the next of some answers.
    async fn node(answers: &'static [&'static str]) -> Clickhouse {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/n", listener.local_addr().unwrap());
        tokio::spawn(async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut read = [0; 4096];
                let _ = stream.read(&mut read).await.unwrap();
                let answer = format!("HTTP/1.1 {answer}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Clickhouse::new(&address).unwrap()
    }

    #[tokio::test]
    async fn what_a_node_could_not_read_goes_once_more_on_another_connection() {
        const UNREAD: &str = "400 Bad Request\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n";
        const READ: &str = "200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\n7\n";
        let server = node(&[UNREAD, READ]).await;
        assert_eq!(server.execute("SELECT 7").await.unwrap(), b"7\n");
        let server = node(&[UNREAD, UNREAD]).await;
        let failure = server.execute("SELECT 7").await.unwrap_err();
        assert!(matches!(failure, Failure::Away { .. }), "{failure}");
    }

    #[test]
    fn a_text_in_a_statement_ends_where_it_ends() {
        assert_eq!(literal(r"it's \ here"), r"'it\'s \\ here'");
        assert_eq!(literal("a\r\n--b"), r"'a\r\n--b'");
    }
}
