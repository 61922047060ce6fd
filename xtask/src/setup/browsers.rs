//! Browsers and their WebDrivers.

use std::env;
use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::{cargo_tools, debian};
use crate::command::on_path;

/// A browser and the WebDriver that drives it.
#[derive(Clone, Debug)]
pub struct Browser {
    pub binary: PathBuf,
    pub driver: PathBuf,
}

impl fmt::Display for Browser {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}, {}", self.binary.display(), self.driver.display())
    }
}

/// Chromium, or a Chrome.
///
/// # Errors
/// When it is missing and cannot be installed, or a variable names nothing.
pub fn chromium() -> Result<Browser> {
    let binary = || {
        find(
            "CHROMIUM",
            &[
                "chromium",
                "chromium-browser",
                "google-chrome",
                "google-chrome-stable",
            ],
        )
    };
    let driver = || find("CHROMEDRIVER", &["chromedriver"]);
    both(binary, driver, || {
        debian::install(&debian::Need {
            what: "Chromium or its driver",
            packages: &["chromium", "chromium-driver"],
            takes: "about 2 min",
            elsewhere: "Install Chromium or Chrome and a chromedriver of the same version, and set \
                        CHROMIUM and CHROMEDRIVER to the two programs if they are not on PATH.",
        })
    })
}

/// Firefox.
///
/// # Errors
/// As [`chromium`].
pub fn firefox() -> Result<Browser> {
    let binary = || find("FIREFOX", &["firefox", "firefox-esr"]);
    if binary()?.is_none() {
        debian::install(&debian::Need {
            what: "Firefox",
            packages: &["firefox-esr"],
            takes: "about a minute",
            elsewhere: "Install it, and set FIREFOX to the program if it is not on PATH.",
        })?;
    }
    let driver = match find("GECKODRIVER", &["geckodriver"])? {
        Some(driver) => driver,
        None => cargo_tools::geckodriver()?,
    };
    let binary = binary()?.context("installed Firefox, but it is not on PATH")?;
    Ok(Browser { binary, driver })
}

/// WebKitGTK: its driver, which starts the small browser that comes with the
/// engine, and the display server that this needs.
///
/// # Errors
/// As [`chromium`].
pub fn webkit() -> Result<Browser> {
    // The driver knows its browser; the display server is what has to be asked for.
    let binary = || find("XVFB_RUN", &["xvfb-run"]);
    let driver = || find("WEBKIT_DRIVER", &["WebKitWebDriver"]);
    both(binary, driver, || {
        debian::install(&debian::Need {
            what: "WebKitGTK's driver or xvfb",
            packages: &["webkit2gtk-driver", "xvfb", "xauth"],
            takes: "about 2 min",
            elsewhere: "Install WebKitGTK's WebKitWebDriver and xvfb-run, and set WEBKIT_DRIVER to \
                        the former if it is not on PATH.",
        })
    })
}

fn both(
    binary: impl Fn() -> Result<Option<PathBuf>>,
    driver: impl Fn() -> Result<Option<PathBuf>>,
    install: impl Fn() -> Result<()>,
) -> Result<Browser> {
    if binary()?.is_none() || driver()?.is_none() {
        install()?;
    }
    match (binary()?, driver()?) {
        (Some(binary), Some(driver)) => Ok(Browser { binary, driver }),
        _ => bail!("installed a browser and its driver, but they are not on PATH"),
    }
}

/// The program that a variable names, else the first of the names on PATH.
fn find(variable: &str, names: &[&str]) -> Result<Option<PathBuf>> {
    if let Some(path) = env::var_os(variable).map(PathBuf::from) {
        if !path.is_file() {
            bail!(
                "{variable} is {}, and there is no such file",
                path.display()
            );
        }
        return Ok(Some(path));
    }
    Ok(names.iter().find_map(|name| on_path(name)))
}
