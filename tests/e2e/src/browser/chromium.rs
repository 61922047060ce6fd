//! Features that only Chromium's driver has.

use fantoccini::wd::WebDriverCompatibleCommand;
use hyper::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// A command that is not part of the WebDriver standard.
#[derive(Debug)]
pub(super) struct Command {
    path: &'static str,
    body: Value,
}

impl Command {
    /// Sets whether pages are offline.
    pub(super) fn offline(offline: bool) -> Self {
        Self {
            path: "chromium/network_conditions",
            // -1 stands for unlimited.
            body: json!({ "network_conditions": {
                "offline": offline, "latency": 0, "throughput": -1,
            } }),
        }
    }

    /// A command of the DevTools protocol.
    pub(super) fn devtools(name: &str, params: &Value) -> Self {
        Self {
            path: "goog/cdp/execute",
            body: json!({ "cmd": name, "params": params }),
        }
    }

    /// Closes a window from another one, because it is impossible to switch to a window whose
    /// renderer is dead.
    pub(super) fn close(window: &str) -> Self {
        Self::devtools("Target.closeTarget", &json!({ "targetId": window }))
    }
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        let session = session_id.unwrap_or_default();
        base_url.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
