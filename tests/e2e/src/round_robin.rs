//! A simple round-robin proxy for several collectors.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use reqwest::redirect::Policy;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Forwards each request to the next collector, and if that cannot be reached, to the one
/// after it. It stops when it is dropped.
#[derive(Debug)]
pub struct RoundRobin {
    url: String,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    behind: Vec<String>,
    turn: AtomicUsize,
    client: reqwest::Client,
}

impl RoundRobin {
    /// A proxy for the collectors at these addresses.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn before(behind: Vec<String>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()?;
        let shared = Arc::new(Shared {
            behind,
            turn: AtomicUsize::default(),
            client,
        });
        let router = Router::new().fallback(pass_on).with_state(shared);
        let server = tokio::spawn(async move {
            // This only ends when the socket fails, and then no request is answered.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, server })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for RoundRobin {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass_on(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    match shared.pass_on(request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

impl Shared {
    async fn pass_on(&self, request: Request) -> Result<Response> {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await?;
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut failed = None;
        for at in 0..self.behind.len() {
            let collector = &self.behind[(first + at) % self.behind.len()];
            match self.ask(collector, &head, body.clone()).await {
                Ok(response) => return Ok(response),
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.context("there is no collector")?)
    }

    async fn ask(&self, collector: &str, head: &Parts, body: Bytes) -> Result<Response> {
        let answer = self
            .client
            .request(head.method.clone(), format!("{collector}{}", head.uri))
            // Keeps the host of the request, because pages check where a form came from.
            .headers(head.headers.clone())
            .body(body)
            .send()
            .await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        for of_the_connection in [header::TRANSFER_ENCODING, header::CONNECTION] {
            headers.remove(of_the_connection);
        }
        let mut response = Response::new(Body::from(answer.bytes().await?));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A collector that answers every request with its name.
    async fn named(name: &'static str) -> Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(async move |body: Bytes| {
            let body = String::from_utf8_lossy(&body).into_owned();
            ([("x-name", name)], body)
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(url)
    }

    async fn names(front: &RoundRobin, times: usize) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for _ in 0..times {
            let answer = reqwest::Client::new()
                .post(format!("{}/a?b=c", front.url()))
                .body("sent")
                .send()
                .await?;
            names.push(answer.headers()["x-name"].to_str()?.to_owned());
            assert_eq!(answer.text().await?, "sent");
        }
        Ok(names)
    }

    #[tokio::test]
    async fn requests_go_to_each_in_turn_and_past_one_that_is_away() -> Result<()> {
        let collectors = vec![named("one").await?, named("two").await?];
        let front = RoundRobin::before(collectors).await?;
        assert_eq!(names(&front, 4).await?, ["one", "two", "one", "two"]);
        let away = {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            format!("http://{}", listener.local_addr()?)
        };
        let front = RoundRobin::before(vec![away, named("two").await?]).await?;
        assert_eq!(names(&front, 3).await?, ["two", "two", "two"]);
        Ok(())
    }
}
