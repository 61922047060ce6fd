//! Time limits, on a clock that the test advances.

use axum::{body::Body, http::Request};

use crate::file::collector;

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_answered_408() {
    let collector = collector();
    let never = || Body::from_stream(futures_util::stream::pending::<std::io::Result<Vec<u8>>>());
    let records = format!("/api/v2/accounts?api_key={}", collector.account_key);
    for path in [collector.events_path(), records] {
        let answer = collector.ask(Request::post(path).body(never()).unwrap());
        let answer = answer.await;
        assert_eq!(answer.status, 408, "{}", answer.text);
        answer.error();
    }
}
