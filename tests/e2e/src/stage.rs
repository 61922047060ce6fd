//! What the tests of one file share, because creating it is slow.

use anyhow::Result;
use tokio::sync::OnceCell;

use crate::browser::Browser;
use crate::collector::Collector;
use crate::company::send_company;
use crate::package::Package;
use crate::page::Page;
use crate::site::Site;

/// Days of usage: the four weeks that a page shows by default, and those before them for the
/// comparison.
const DAYS: i64 = 63;

/// A browser session, the installed package and a collector with a company's data. Each is
/// created at its first use.
#[derive(Default)]
pub struct Stage {
    browser: OnceCell<Browser>,
    package: OnceCell<Package>,
    company: OnceCell<Collector>,
}

impl Stage {
    /// The browser, which is started at the first call.
    ///
    /// # Errors
    /// As [`Browser::start`].
    pub async fn browser(&self) -> Result<&Browser> {
        self.browser.get_or_try_init(Browser::start).await
    }

    /// The package, which is installed at the first call.
    ///
    /// # Errors
    /// As [`Package::install`].
    pub async fn package(&self) -> Result<&Package> {
        self.package.get_or_try_init(Package::install).await
    }

    /// A collector with the data of the company, which is created at the first call. Tests
    /// that share it must not send anything that affects other tests.
    ///
    /// # Errors
    /// When it does not start or refuses the company.
    pub async fn company(&self) -> Result<&Collector> {
        let made = async || {
            let collector = Collector::start()?;
            send_company(&collector, DAYS).await?;
            Ok(collector)
        };
        self.company.get_or_try_init(made).await
    }

    /// A separate site for a test: the harness's pages at `/`, the installed package at
    /// `/pkg/`.
    ///
    /// # Errors
    /// When the package cannot be installed or no port is free.
    pub async fn site(&self) -> Result<Site> {
        Site::start(&[("/pkg", self.package().await?.path()), ("", Site::pages())]).await
    }

    /// As [`Stage::site`], over HTTPS.
    ///
    /// # Errors
    /// As [`Stage::site`].
    pub async fn https_site(&self) -> Result<Site> {
        Site::start_https(&[("/pkg", self.package().await?.path()), ("", Site::pages())]).await
    }

    /// Opens a page of `site` in the shared browser.
    ///
    /// # Errors
    /// When the browser does not start or cannot load the page.
    pub async fn open(&self, site: &Site, path: &str) -> Result<Page<'_>> {
        self.browser().await?.open(site, path).await
    }
}
