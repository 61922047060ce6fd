//! The size of what a page downloads, as measured by the build.

use serde_json::{Map, Value};

use super::table::{Row, Table};
use super::{OURS, PEERS};

/// The part that a page's own bundle contains: class, call buffer, checks.
const ENTRY: f64 = 6_000.0;
/// The entry, the rest of the JavaScript and the wasm.
const ES_MODULE: f64 = 23_000.0;
/// The builds that carry the wasm as Base64, which is a third larger.
const ONE_FILE: f64 = 28_000.0;

/// Adds the rows.
pub fn add(gzip: &Map<String, Value>, table: &mut Table) {
    let weight = |name: &str| gzip.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let row = |name: &str| Row::new(&format!("download, {name}, gzip -9"), "B");
    let ours = |name: &str, of: &str, most| row(name).figure(OURS, weight(of)).at_most(most);
    let es_module = PEERS
        .iter()
        .fold(ours("ES module", OURS, ES_MODULE), |row, peer| {
            row.figure(peer, weight(peer))
        });
    table.add(ours("entry module alone", "natero entry", ENTRY));
    table.add(es_module);
    table.add(ours("inline build", "natero inline", ONE_FILE));
    table.add(ours("classic script", "natero global", ONE_FILE));
    table.add(
        row("peers' ordinary imports")
            .figure("mixpanel", weight("mixpanel-full"))
            .figure("posthog", weight("posthog-full")),
    );
}
