//! A server that has lost the wasm, and a collector that got nothing.

use anyhow::Result;
use natero_e2e::collector::Collector;
use natero_e2e::site::Site;

pub const NOT_FOUND: &str = "<!doctype html><title>not found</title>";

/// Answers with a page of HTML in place of the wasm, as a server does that has one for
/// everything, and in place of what stands in for a wasm that fails.
pub fn lose_wasm(site: &Site) {
    for path in ["/pkg/natero.wasm", "/pkg/ladder.js"] {
        site.put_html(path, NOT_FOUND);
    }
}

pub fn collector_is_empty(collector: &Collector) -> Result<bool> {
    Ok(natero_e2e::rows::events(&collector.db())?.is_empty())
}
