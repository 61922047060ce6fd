//! The three browsers, and how each is run headless.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fantoccini::wd::Capabilities;
use serde_json::{Value, json};

/// A browser the tests can drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserKind {
    /// Chromium, through chromedriver.
    Chromium,
    /// Firefox, through geckodriver.
    Firefox,
    /// WebKitGTK's MiniBrowser, through WebKitWebDriver.
    Webkit,
}

/// The colour scheme that pages are told to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Light,
    Dark,
}

impl Scheme {
    /// The value by which both Chromium and Firefox know it.
    fn number(self) -> u8 {
        match self {
            Self::Dark => 0,
            Self::Light => 1,
        }
    }
}

impl BrowserKind {
    /// The browser that `NATERO_BROWSER` names; Chromium when it is unset.
    ///
    /// # Errors
    /// When the variable has another value.
    pub fn from_env() -> Result<Self> {
        match env::var("NATERO_BROWSER").as_deref() {
            Err(_) | Ok("" | "chromium") => Ok(Self::Chromium),
            Ok("firefox") => Ok(Self::Firefox),
            Ok("webkit") => Ok(Self::Webkit),
            Ok(other) => bail!(
                "NATERO_BROWSER is {other:?}: set it to chromium, firefox or webkit, \
                 or run `cargo xtask test --browser NAME`"
            ),
        }
    }

    /// The name of the driver program.
    #[must_use]
    pub fn driver(self) -> &'static str {
        match self {
            Self::Chromium => "chromedriver",
            Self::Firefox => "geckodriver",
            Self::Webkit => "WebKitWebDriver",
        }
    }

    /// The path of the driver: from its environment variable, or else from `PATH`.
    pub(super) fn driver_path(self) -> Result<PathBuf> {
        let variable = match self {
            Self::Chromium => "CHROMEDRIVER",
            Self::Firefox => "GECKODRIVER",
            Self::Webkit => "WEBKITDRIVER",
        };
        locate(variable, &[self.driver()])
    }

    /// The capabilities that a new session requests from the driver. `flags` are for V8, in
    /// Chromium.
    pub(super) fn capabilities(
        self,
        profile: &Path,
        scheme: Scheme,
        flags: &str,
    ) -> Result<Capabilities> {
        let capabilities = match self {
            Self::Chromium => chromium(profile, scheme, flags)?,
            Self::Firefox => firefox(scheme)?,
            Self::Webkit => webkit()?,
        };
        match capabilities {
            Value::Object(mut map) => {
                // Accepts the self-signed certificates of the harness's own sites.
                map.insert("acceptInsecureCerts".to_owned(), Value::Bool(true));
                Ok(map)
            }
            _ => unreachable!("capabilities are written as objects below"),
        }
    }
}

impl fmt::Display for BrowserKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        })
    }
}

fn chromium(profile: &Path, scheme: Scheme, flags: &str) -> Result<Value> {
    let binary = locate(
        "CHROMIUM",
        &["chromium", "chromium-browser", "google-chrome"],
    )?;
    Ok(json!({
        "browserName": "chrome",
        "goog:chromeOptions": {
            "binary": binary,
            "args": [
                "--headless=new",
                // Chromium refuses to run its sandbox as root, which is usual in containers.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--window-size=1280,800",
                format!("--blink-settings=preferredColorScheme={}", scheme.number()),
                format!("--user-data-dir={}", profile.display()),
                format!("--js-flags={flags}"),
            ],
        },
    }))
}

fn firefox(scheme: Scheme) -> Result<Value> {
    let binary = locate("FIREFOX", &["firefox", "firefox-esr"])?;
    Ok(json!({
        "browserName": "firefox",
        "moz:firefoxOptions": {
            "binary": binary,
            "args": ["-headless", "--width=1280", "--height=800"],
            // The browser's own requests must not mix with those under test.
            "prefs": {
                "app.update.disabledForTesting": true,
                "browser.safebrowsing.downloads.enabled": false,
                "browser.safebrowsing.malware.enabled": false,
                "layout.css.prefers-color-scheme.content-override": scheme.number(),
                "datareporting.policy.dataSubmissionEnabled": false,
                "network.captive-portal-service.enabled": false,
                "network.connectivity-service.enabled": false,
                "toolkit.telemetry.enabled": false,
            },
        },
    }))
}

fn webkit() -> Result<Value> {
    // MiniBrowser is not meant for users, so it is not on PATH.
    let binary = match env::var_os("MINIBROWSER") {
        Some(path) => PathBuf::from(path),
        None => minibrowser().context(
            "WebKitGTK's MiniBrowser was not found: install webkit2gtk-driver and \
             libwebkit2gtk-4.1-0, or set MINIBROWSER to its path",
        )?,
    };
    Ok(json!({
        "browserName": "MiniBrowser",
        "webkitgtk:browserOptions": { "binary": binary, "args": ["--automation"] },
    }))
}

fn minibrowser() -> Option<PathBuf> {
    let roots = ["/usr/lib", "/usr/libexec", "/usr/lib64"].map(PathBuf::from);
    let triplets = std::fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with("-linux-gnu"));
    roots
        .into_iter()
        .chain(triplets)
        .map(|root| root.join("webkit2gtk-4.1/MiniBrowser"))
        .find(|path| path.is_file())
}

/// The program that `variable` points to, or else the first of `names` on `PATH`.
pub(super) fn locate(variable: &str, names: &[&str]) -> Result<PathBuf> {
    if let Some(path) = env::var_os(variable).filter(|value| !value.is_empty()) {
        let path = PathBuf::from(path);
        if path.is_file() {
            return Ok(path);
        }
        bail!("{variable} points at {}, which is no file", path.display());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file())
        .with_context(|| {
            format!(
                "no {} on PATH: run `cargo xtask setup`, or set {variable} to its path",
                names.join(" or ")
            )
        })
}
