//! A node of ClickHouse.

use std::{fs, io, path::Path};

use crate::{
    guarded::{Guarded, free_port},
    programs::Programs,
};

/// A node of ClickHouse, whose default user may do everything.
#[derive(Debug)]
pub struct Clickhouse(Guarded);

impl Clickhouse {
    /// Starts it with data of its own.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(programs: &Programs) -> io::Result<Self> {
        let (folder, port) = (Guarded::folder("natero-clickhouse-")?, free_port()?);
        let (native, between) = (free_port()?, free_port()?);
        let data = folder.display();
        let config = format!(
            "<yandex>
                <logger><level>warning</level><console>1</console></logger>
                <http_port>{port}</http_port><tcp_port>{native}</tcp_port>
                <interserver_http_port>{between}</interserver_http_port>
                <listen_host>127.0.0.1</listen_host>
                <path>{data}/</path><tmp_path>{data}/tmp/</tmp_path>
                <user_files_path>{data}/files/</user_files_path>
                <mark_cache_size>67108864</mark_cache_size>
                <users_config>users.xml</users_config>
                <default_profile>default</default_profile>
                <default_database>default</default_database>
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
        let mut command = Guarded::command(&programs.clickhouse, &folder, "KILL");
        command.arg("--config-file").arg(folder.join("config.xml"));
        Ok(Clickhouse(Guarded::start(command, folder, port)?))
    }

    /// The address of a database.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        format!("http://127.0.0.1:{}/{database}", self.0.port())
    }

    /// The process below which it runs.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.0.pid()
    }

    /// Where its files are.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.0.data()
    }
}
