//! The process of the driver, and the display that it may need.

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
    // Dropped after the driver, which uses it.
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
                // The driver would derive a language from C.UTF-8 that no page can use. It
                // treats C as English.
                command.env("LC_ALL", "C");
            }
            // Marionette gets a free port, too, because several sessions may run at the same
            // time.
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
            // Profiles that the driver creates are deleted together with the session's
            // folder.
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

    /// Registers the session that must end with the driver.
    pub(super) fn owns_session(&mut self, session: String) {
        self.session = Some(session);
    }

    /// The last lines the driver wrote, for an error message.
    pub(super) fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }

    /// Asks the driver to close the browser. It is written on a plain socket, because
    /// dropping must work outside of an async runtime, and a killed driver would leave its
    /// browser running.
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
            // The X server picks a free display number and writes it to stdout.
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

/// A loopback address on which nobody listens. Drivers have no common way to report a port
/// that they chose themselves. So for a moment another process could take the port; the
/// driver then fails to start with an error.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
