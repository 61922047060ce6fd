//! A page that has run a script before loading the package, and the server to which it sends.

use anyhow::Result;
use natero_e2e::collector::Source;
use natero_e2e::fault::FaultServer;
use natero_e2e::page::Page;
use natero_e2e::site::{Site, class_page};
use natero_e2e::stage::Stage;
use serde_json::Value;

pub struct Scene<'a> {
    pub page: Page<'a>,
    pub server: FaultServer,
    pub site: Site,
}

/// A page that runs a script and then loads the package.
pub async fn open<'a>(stage: &'a Stage, before: &str) -> Result<Scene<'a>> {
    let site = stage.site().await?;
    site.put_html("/hostile", class_page(before));
    let page = stage.open(&site, "/hostile").await?;
    page.until("window.na").await?;
    Ok(Scene {
        page,
        server: FaultServer::start().await?,
        site,
    })
}

fn source() -> Source {
    Source {
        auth_key: "auth".to_owned(),
        api_key: "api".to_owned(),
    }
}

impl Scene<'_> {
    pub async fn track(&self, settings: Value) -> Result<()> {
        self.page
            .track(self.server.url(), &source(), settings)
            .await?;
        self.page
            .act("if (!await _na.ready) throw new Error('off');", Value::Null)
            .await
    }

    /// The distinct features that the server received, with their details.
    pub fn features(&self) -> Result<Vec<(String, Value)>> {
        let mut found: Vec<(String, Value)> = Vec::new();
        for request in self.server.recorded() {
            for line in request.lines()? {
                let name = line["feature"].as_str().unwrap_or_default().to_owned();
                if line["action"] == "feature" && found.iter().all(|(other, _)| *other != name) {
                    found.push((name, line["details"].clone()));
                }
            }
        }
        Ok(found)
    }
}

/// Replaces the page's clock by one on which 30 s pass in 150 ms.
pub const HURRY: &str = "
    {
      const { setTimeout } = window;
      const { now } = Performance.prototype;
      window.setTimeout = (task, ms) => setTimeout(task, ms / 200);
      Performance.prototype.now = function () { return 200 * now.call(this); };
    }";
