//! A collector with the usage of a realistic company.

use natero_collector::clock::now_ms;
use natero_company::{Target, company};

use crate::support::Collector;

/// A collector that has received the whole company over HTTP.
pub async fn with_company() -> Collector {
    let collector = Collector::with(&[]);
    for (target, body) in company(now_ms(), 21).requests() {
        let answer = match target {
            Target::Events => collector.post(body).await,
            Target::Account(path) => {
                let record = serde_json::from_str(&body).unwrap();
                collector.call("POST", &path, Some(record)).await
            }
        };
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(!answer.text.contains("\"rejected\":[{"), "{}", answer.text);
    }
    collector
}
