//! Browsers and their WebDrivers.

use std::env;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, bail};

use super::{cargo_tools, debian};
use crate::command::on_path;

/// The browsers that tests run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Chromium, or a Chrome.
    Chromium,
    Firefox,
    /// WebKitGTK's MiniBrowser, which needs a display or Xvfb.
    Webkit,
}

/// An installed browser, and its WebDriver.
#[derive(Clone, Debug)]
pub struct Browser {
    pub kind: Kind,
    pub binary: PathBuf,
    pub driver: PathBuf,
}

/// Finds a browser with its driver, or installs them.
///
/// # Errors
/// When it is missing and cannot be installed, or when a variable names a file that does not
/// exist.
pub fn ensure(kind: Kind) -> Result<Browser> {
    if let Some(browser) = find(kind)? {
        return Ok(browser);
    }
    if kind.needs_packages()? {
        debian::install(&kind.need())?;
    }
    if kind == Kind::Firefox && kind.driver()?.is_none() {
        cargo_tools::geckodriver()?;
    }
    find(kind)?.with_context(|| format!("installed {kind} and its driver, but cannot find them"))
}

fn find(kind: Kind) -> Result<Option<Browser>> {
    if kind == Kind::Webkit && !has_display() {
        return Ok(None);
    }
    let both = kind.binary()?.zip(kind.driver()?);
    Ok(both.map(|(binary, driver)| Browser {
        kind,
        binary,
        driver,
    }))
}

impl Browser {
    /// Whether it needs a display and there is none.
    pub fn needs_display(&self) -> bool {
        self.kind == Kind::Webkit && env::var_os("DISPLAY").is_none()
    }

    /// Environment variables with the paths of the browser and its driver, for child
    /// processes.
    pub fn env(&self) -> [(&'static str, &PathBuf); 2] {
        let (binary, driver) = self.kind.variables();
        [(binary, &self.binary), (driver, &self.driver)]
    }
}

impl fmt::Display for Browser {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}, {}", self.binary.display(), self.driver.display())
    }
}

impl Kind {
    /// The variables for the browser and for its driver.
    fn variables(self) -> (&'static str, &'static str) {
        match self {
            Self::Chromium => ("CHROMIUM", "CHROMEDRIVER"),
            Self::Firefox => ("FIREFOX", "GECKODRIVER"),
            Self::Webkit => ("MINIBROWSER", "WEBKITDRIVER"),
        }
    }

    fn binary(self) -> Result<Option<PathBuf>> {
        let names: &[&str] = match self {
            Self::Chromium => &[
                "chromium",
                "chromium-browser",
                "google-chrome",
                "google-chrome-stable",
            ],
            Self::Firefox => &["firefox", "firefox-esr"],
            Self::Webkit => &["MiniBrowser"],
        };
        let found = named_or_on_path(self.variables().0, names)?;
        // MiniBrowser is not meant for users, so it is not on PATH.
        Ok(found.or_else(|| minibrowser().filter(|_| self == Self::Webkit)))
    }

    fn driver(self) -> Result<Option<PathBuf>> {
        let variable = self.variables().1;
        match self {
            Self::Chromium => named_or_on_path(variable, &["chromedriver"]),
            Self::Firefox => {
                Ok(named_or_on_path(variable, &["geckodriver"])?
                    .or_else(cargo_tools::own_geckodriver))
            }
            Self::Webkit => named_or_on_path(variable, &["WebKitWebDriver"]),
        }
    }

    /// Whether a package of the operating system is missing.
    fn needs_packages(self) -> Result<bool> {
        Ok(match self {
            Self::Chromium => self.binary()?.is_none() || self.driver()?.is_none(),
            Self::Firefox => self.binary()?.is_none(),
            Self::Webkit => find(self)?.is_none(),
        })
    }

    fn need(self) -> debian::Need<'static> {
        match self {
            Self::Chromium => debian::Need {
                what: "Chromium or its driver",
                packages: &["chromium", "chromium-driver"],
                takes: "about 2 min",
                elsewhere: "Install Chromium or Chrome and a chromedriver of the same version, and set \
                            CHROMIUM and CHROMEDRIVER to the two programs if they are not on PATH.",
            },
            Self::Firefox => debian::Need {
                what: "Firefox",
                packages: &["firefox-esr"],
                takes: "about a minute",
                elsewhere: "Install it, and set FIREFOX to the program if it is not on PATH.",
            },
            Self::Webkit => debian::Need {
                what: "WebKitGTK's driver, its MiniBrowser or Xvfb",
                packages: &["webkit2gtk-driver", "libwebkit2gtk-4.1-0", "xvfb", "xauth"],
                takes: "about 2 min",
                elsewhere: "Install WebKitGTK 4.1 with WebKitWebDriver and MiniBrowser, and set \
                            WEBKITDRIVER and MINIBROWSER to the two programs; without a display, \
                            Xvfb too.",
            },
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        })
    }
}

impl FromStr for Kind {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        [Self::Chromium, Self::Firefox, Self::Webkit]
            .into_iter()
            .find(|kind| kind.to_string() == name)
            .with_context(|| {
                format!("there is no browser `{name}`: take chromium, firefox or webkit")
            })
    }
}

fn has_display() -> bool {
    env::var_os("DISPLAY").is_some() || on_path("xvfb-run").is_some()
}

/// MiniBrowser is in a folder for the engine's version, within one for the machine's
/// architecture.
fn minibrowser() -> Option<PathBuf> {
    let kinds = fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    ["/usr/lib", "/usr/libexec", "/usr/lib64"]
        .map(PathBuf::from)
        .into_iter()
        .chain(kinds)
        .map(|folder| folder.join("webkit2gtk-4.1/MiniBrowser"))
        .find(|program| program.is_file())
}

/// The program in an environment variable, or else the first of these names on PATH.
fn named_or_on_path(variable: &str, names: &[&str]) -> Result<Option<PathBuf>> {
    if let Some(path) = env::var_os(variable).filter(|value| !value.is_empty()) {
        let path = PathBuf::from(path);
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
