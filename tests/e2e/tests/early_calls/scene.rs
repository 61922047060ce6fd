//! A server that no longer has the wasm, and a collector that received nothing.

use anyhow::Result;
use natero_e2e::collector::Collector;
use natero_e2e::site::Site;

pub const NOT_FOUND: &str = "<!doctype html><title>not found</title>";

/// Answers with an HTML page in place of the wasm and of its fallback, as a server does that
/// answers every unknown path with a page.
pub fn lose_wasm(site: &Site) {
    for path in ["/pkg/natero.wasm", "/pkg/ladder.js"] {
        site.put_html(path, NOT_FOUND);
    }
}

pub fn collector_is_empty(collector: &Collector) -> Result<bool> {
    Ok(natero_e2e::rows::events(&collector.db())?.is_empty())
}
