//! The collector's answers about usage.

use natero_collector::model::usage::{Dimension, Span};
use serde_json::{Value, json};

use crate::{support::Collector, zones::Zone};

/// All time.
pub const ALL: Span = Span {
    from: i64::MIN,
    to: i64::MAX,
};

/// The answer to a usage query, in the form of the model.
pub async fn said(
    collector: &Collector,
    account: &str,
    rollup: bool,
    by: Option<Dimension>,
    span: Span,
    zone: Zone,
) -> Value {
    let mut path = format!(
        "/api/v2/accounts/{}/usage?rollup={rollup}&tz={}",
        account.replace(' ', "%20"),
        zone.0
    );
    if let Some(by) = by {
        path += &format!("&by={}", json!(by).as_str().unwrap());
    }
    if span != ALL {
        path += &format!("&from={}&to={}", span.from, span.to);
    }
    let answer = collector.get(&path).await;
    let mut said = json!({
        "totals": answer["totals"], "rows": answer["rows"], "uncaptured": answer["uncaptured"],
    });
    as_float(&mut said["totals"]);
    for row in said["rows"].as_array_mut().unwrap() {
        as_float(row);
        if by.is_some_and(Dimension::is_subject) {
            let seen = |name: &str| row.as_object_mut().unwrap().remove(name).unwrap();
            let times = ["first_seen", "last_seen", "active_days"].map(seen);
            let [first, last, days] = times.map(|time| time.as_i64().unwrap());
            assert!(first <= last && days > 0, "{first} to {last}: {days}");
        }
    }
    said
}

/// `3` and `3.0` are the same number.
fn as_float(totals: &mut Value) {
    totals["features"] = json!(totals["features"].as_f64().unwrap());
}
