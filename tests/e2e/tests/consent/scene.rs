//! A page, and everything that could reveal its visitor.

use anyhow::{Result, ensure};
use natero_e2e::collector::Source;
use natero_e2e::fault::FaultServer;
use natero_e2e::page::Page;
use natero_e2e::site::{Site, class_page};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

pub struct Scene<'a> {
    pub server: FaultServer,
    pub _site: Site,
    pub page: Page<'a>,
}

pub fn source() -> Source {
    Source {
        auth_key: "auth".into(),
        api_key: "api".into(),
    }
}

/// Runs this script, then loads the class without constructing a tracker.
pub async fn open<'a>(stage: &'a Stage, before: &str) -> Result<Scene<'a>> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    site.put_html("/", class_page(before));
    let page = stage.open(&site, "/").await?;
    page.until("window.na").await?;
    Ok(Scene {
        server,
        _site: site,
        page,
    })
}

impl Scene<'_> {
    /// Creates `window._na`, with page views and tracking of unload, which sends soon.
    pub async fn track(&self, settings: Value) -> Result<()> {
        let mut all = json!({ "trackPageViews": true, "trackUnload": true, "flushInterval": 50 });
        if let (Value::Object(all), Value::Object(settings)) = (&mut all, settings) {
            all.extend(settings);
        }
        self.page.track(self.server.url(), &source(), all).await?;
        self.page.act("await _na.ready;", Value::Null).await
    }

    /// Uses the page in every way that could create, store or send something.
    pub async fn use_it(&self) -> Result<()> {
        self.page
            .act(
                "_na.setProductId('suite'); _na.setModuleId('reports');
                 for (let i = 0; i < 60; i += 1) _na.sendFeatureEvent('used');
                 _na.identifyUser('ann@acme.example', { role: 'admin' });
                 history.pushState(null, '', '/elsewhere');",
                Value::Null,
            )
            .await?;
        self.page.move_mouse().await?;
        self.page.let_pass(300).await?;
        self.page
            .act(
                "dispatchEvent(new PageTransitionEvent('pagehide'));
                 await _na.flush();
                 history.replaceState(null, '', '/');",
                Value::Null,
            )
            .await
    }

    /// Asserts that the browser stores nothing and the server received nothing.
    pub async fn left_no_trace(&self) -> Result<()> {
        let trace = trace(&self.page).await?;
        ensure!(trace == json!(["", [], [], 0, 0]), "stored: {trace}");
        let recorded = self.server.recorded();
        ensure!(
            recorded.is_empty() && self.server.preflights() == 0,
            "sent: {recorded:?}"
        );
        Ok(())
    }

    /// The features that the server received, from the decompressed body of each request.
    pub fn features(&self) -> Result<Vec<String>> {
        let mut features = Vec::new();
        for request in self.server.recorded() {
            for line in request.lines()? {
                features.extend(line["feature"].as_str().map(str::to_owned));
            }
        }
        Ok(features)
    }
}

/// Everything that a page can leave in a browser.
pub async fn trace(page: &Page<'_>) -> Result<Value> {
    page.run(
        "return [document.cookie, Object.keys(localStorage), Object.keys(sessionStorage),
                 (await indexedDB.databases?.() ?? []).length, (await caches.keys()).length];",
        Value::Null,
    )
    .await
}
