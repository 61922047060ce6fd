//! A webhook receiver whose behaviour a test sets.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::Duration,
};

use serde_json::Value;

/// How a receiver responds to a request.
#[derive(Debug, Clone, Copy)]
pub enum Reply {
    Status(u16),
    /// Closes the connection without an answer.
    Close,
    /// Answers with a redirect to another address.
    Redirect,
}

/// A request as it arrived.
#[derive(Debug)]
pub struct Received {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(of, _)| of == name);
        found
            .map(|(_, value)| value.as_str())
            .unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A receiver on loopback.
pub struct Receiver {
    pub url: String,
    requests: mpsc::Receiver<Received>,
}

impl Receiver {
    /// A receiver with a reply for each request. After the last reply it stops.
    pub fn with(replies: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "http://{}/hook?token=sesame",
            listener.local_addr().unwrap()
        );
        let (send, requests) = mpsc::channel();
        let replies = replies.to_vec();
        std::thread::spawn(move || {
            for reply in replies {
                let (stream, _) = listener.accept().unwrap();
                let request = read(&stream);
                // Reported before the answer, so that the test finds the request once the
                // sender is done.
                let _ = send.send(request);
                answer(stream, reply);
            }
        });
        Receiver { url, requests }
    }

    /// Waits for the next request.
    pub fn next(&self) -> Received {
        self.requests
            .recv_timeout(Duration::from_secs(60))
            .expect("a request")
    }

    /// The requests that have arrived since the last call.
    pub fn received(&self) -> Vec<Received> {
        self.requests.try_iter().collect()
    }
}

fn read(stream: &TcpStream) -> Received {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let path = line().split(' ').nth(1).unwrap().to_owned();
    let mut headers = Vec::new();
    loop {
        let line = line();
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.unwrap().1.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    Received {
        path,
        headers,
        body: String::from_utf8(body).unwrap(),
    }
}

fn answer(mut stream: TcpStream, reply: Reply) {
    let head = match reply {
        Reply::Close => return,
        Reply::Status(status) => format!("HTTP/1.1 {status} X\r\n"),
        Reply::Redirect => "HTTP/1.1 307 X\r\nlocation: /elsewhere\r\n".to_owned(),
    };
    let _ = write!(
        stream,
        "{head}content-length: 0\r\nconnection: close\r\n\r\n"
    );
}
