//! A ClickHouse node.

use std::{fs, io, path::Path};

use crate::{
    encryption::Encryption,
    guarded::{GuardedServer, Launch, free_port},
    programs::Programs,
};

/// A ClickHouse node, whose default user has all rights.
#[derive(Debug)]
pub struct Clickhouse {
    server: GuardedServer,
    scheme: &'static str,
}

impl Clickhouse {
    /// Starts it with its own, empty data folder.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(programs: &Programs) -> io::Result<Self> {
        let port = free_port()?;
        Self::start_on(programs, port, port, "", "http")
    }

    /// Starts one that takes encrypted connections.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_encrypted(programs: &Programs, encryption: &Encryption) -> io::Result<Self> {
        let (port, plain) = (free_port()?, free_port()?);
        let settings = format!(
            "<https_port>{port}</https_port><openSSL><server>
                <certificateFile>{}</certificateFile><privateKeyFile>{}</privateKeyFile>
                <verificationMode>none</verificationMode><loadDefaultCAFile>false</loadDefaultCAFile>
                <cacheSessions>false</cacheSessions>
            </server></openSSL>",
            encryption.certificate.display(),
            encryption.key.display()
        );
        Self::start_on(programs, port, plain, &settings, "https")
    }

    fn start_on(
        programs: &Programs,
        port: u16,
        plain: u16,
        settings: &str,
        scheme: &'static str,
    ) -> io::Result<Self> {
        let folder = GuardedServer::folder("natero-clickhouse-")?;
        let (native, between) = (free_port()?, free_port()?);
        let data = folder.display();
        let config = format!(
            "<yandex>
                <logger><level>warning</level><console>1</console></logger>
                <http_port>{plain}</http_port><tcp_port>{native}</tcp_port>
                <interserver_http_port>{between}</interserver_http_port>
                <listen_host>127.0.0.1</listen_host>
                <path>{data}/</path><tmp_path>{data}/tmp/</tmp_path>
                <user_files_path>{data}/files/</user_files_path>
                <mark_cache_size>67108864</mark_cache_size>
                <users_config>users.xml</users_config>
                <default_profile>default</default_profile>
                <default_database>default</default_database>
                {settings}
            </yandex>"
        );
        let users = "<yandex>
                <profiles><default></default></profiles>
                <users><default><password></password><networks><ip>127.0.0.1</ip></networks>
                    <profile>default</profile><quota>default</quota></default></users>
                <quotas><default></default></quotas>
            </yandex>";
        fs::write(folder.join("config.xml"), config)?;
        fs::write(folder.join("users.xml"), users)?;
        let server = GuardedServer::start(Launch {
            program: programs.clickhouse.clone(),
            arguments: vec!["--config-file".into(), folder.join("config.xml").into()],
            owner: None,
            signal: "KILL",
            abrupt: "KILL",
            port,
            folder,
        })?;
        Ok(Clickhouse { server, scheme })
    }

    /// Its address, to which the name of a database can be appended.
    #[must_use]
    pub fn server_address(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.server.port())
    }

    /// The address of a database.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        format!("{}/{database}", self.server_address())
    }

    /// The parent process of the server.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The folder with its files.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.server.data()
    }

    /// Kills it. Its files stay until this value is dropped.
    ///
    /// # Errors
    /// When its guard process is gone.
    pub fn kill(&mut self) -> io::Result<()> {
        self.server.kill()
    }

    /// Starts it again with its files.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_again(&mut self) -> io::Result<()> {
        self.server.start_again()
    }
}
