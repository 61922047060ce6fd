//! The driver's process, and the display it may need.

use std::env;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::kind::{BrowserKind, locate};
use crate::wait;

/// How long a browser may take to close before its driver is killed.
const FAREWELL: Duration = Duration::from_secs(10);

/// A running WebDriver server and its one session.
pub(super) struct Driver {
    process: Child,
    address: SocketAddr,
    session: Option<String>,
    log: PathBuf,
    // Dropped after the driver, which draws on it.
    _display: Option<Display>,
}

impl Driver {
    /// Starts the driver on a free port and waits until it listens.
    pub(super) async fn start(kind: BrowserKind, folder: &Path) -> Result<Self> {
        let program = kind.driver_path()?;
        let display = match kind {
            BrowserKind::Webkit if env::var_os("DISPLAY").is_none() => Some(Display::start()?),
            _ => None,
        };
        let address = free_address()?;
        let log = folder.join("driver.log");
        let mut command = Command::new(&program);
        match kind {
            BrowserKind::Chromium => {
                command.arg(format!("--port={}", address.port()));
            }
            BrowserKind::Webkit => {
                command.arg(format!("--port={}", address.port()));
                // It would make a language of C.UTF-8 that no page can use, and
                // takes this for English.
                command.env("LC_ALL", "C");
            }
            // Marionette's port is taken free too: several sessions may run at once.
            BrowserKind::Firefox => {
                command.args([
                    "--port",
                    &address.port().to_string(),
                    "--marionette-port",
                    "0",
                ]);
            }
        }
        if let Some(display) = &display {
            command.env("DISPLAY", &display.name);
        }
        let process = command
            // Profiles the driver makes itself go with the session's own folder.
            .env("TMPDIR", folder)
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?)
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let mut driver = Self {
            process,
            address,
            session: None,
            log,
            _display: display,
        };
        wait::until_true(&format!("{} to listen", program.display()), async || {
            if let Some(status) = driver.process.try_wait()? {
                bail!(
                    "{} ended with {status}: {}",
                    program.display(),
                    driver.log_tail()
                );
            }
            Ok(TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok())
        })
        .await?;
        Ok(driver)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Names the session to be ended with the driver.
    pub(super) fn owns_session(&mut self, session: String) {
        self.session = Some(session);
    }

    /// The last lines the driver wrote, for an error message.
    pub(super) fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }

    /// Asks the driver to close the browser. Written by hand on a plain
    /// socket, because dropping must work outside any async runtime, and a
    /// killed driver would leave its browser running.
    fn close_session(&self, session: &str) -> std::io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&self.address, FAREWELL)?;
        stream.set_read_timeout(Some(FAREWELL))?;
        write!(
            stream,
            "DELETE /session/{session} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n",
            self.address
        )?;
        stream.read_exact(&mut [0; 12])
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(session) = self.session.take()
            && let Err(error) = self.close_session(&session)
        {
            eprintln!("the browser may still be running: {error}");
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A virtual X display, for a browser that has no headless mode.
struct Display {
    process: Child,
    name: String,
}

impl Display {
    fn start() -> Result<Self> {
        let program = locate("XVFB", &["Xvfb"])?;
        let mut process = Command::new(&program)
            // The server picks a free number and writes it to stdout.
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1280x800x24",
                "-nolisten",
                "tcp",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let mut number = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut number)?;
        }
        let display = Self {
            process,
            name: format!(":{}", number.trim()),
        };
        if number.trim().is_empty() {
            bail!("Xvfb opened no display");
        }
        Ok(display)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A loopback address nobody listens on. Drivers cannot report a port they
/// chose themselves in a common way, so there is a moment in which another
/// process could take it; the driver then fails to start and says so.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
