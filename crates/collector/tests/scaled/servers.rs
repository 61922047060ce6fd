//! PostgreSQL and ClickHouse for a test: started on free ports of loopback, with data of
//! their own, and ended with the test's process however that ends.

use std::{
    ffi::OsStr,
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Ends a server once whoever started it is gone: then nothing holds the other end of
/// its standard input.
const GUARD: &str = "signal=$1; shift; \"$@\" & server=$!; read _; kill -$signal $server; wait";

/// The same, and removes its data.
const GUARD_AND_SWEEP: &str = "signal=$1; folder=$2; shift 2; \"$@\" & server=$!; read _; \
    kill -$signal $server; wait; rm -rf \"$folder\"";

/// Both servers.
pub struct Servers {
    postgres: u16,
    clickhouse: u16,
    _guards: [(Child, ChildStdin); 2],
}

/// Addresses of fresh databases on them.
pub struct Addresses {
    pub postgres: String,
    pub clickhouse: Vec<String>,
}

/// Fresh databases on the servers that all tests of this process share; `None`, with a
/// line that says so, where the servers are not installed.
pub fn databases() -> Option<Addresses> {
    databases_over(&[1])
}

/// The same with so many replicas of each shard. A node is a database of its own.
pub fn databases_over(replicas: &[usize]) -> Option<Addresses> {
    static SERVERS: OnceLock<Option<Servers>> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let Some(servers) = SERVERS.get_or_init(Servers::start) else {
        println!("skipped: PostgreSQL or ClickHouse is not installed");
        return None;
    };
    let name = format!("natero_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    psql(
        &servers.postgres_address("postgres"),
        &format!("CREATE DATABASE {name} TEMPLATE template0"),
    );
    let shards = replicas.iter().enumerate().map(|(shard, replicas)| {
        let replicas: Vec<String> = (0..*replicas)
            .map(|replica| {
                let port = servers.clickhouse;
                format!("http://127.0.0.1:{port}/{name}_{shard}_{replica}")
            })
            .collect();
        replicas.join("|")
    });
    Some(Addresses {
        postgres: servers.postgres_address(&name),
        clickhouse: shards.collect(),
    })
}

/// The only value of a statement in PostgreSQL.
pub fn ask(addresses: &Addresses, sql: &str) -> String {
    psql(&addresses.postgres, sql)
}

/// Number of rows of a table of ClickHouse, which is named as `HOST:PORT/DATABASE.TABLE`.
pub fn ask_clickhouse(table: &str, condition: &str) -> u64 {
    let (host, table) = table.split_once('/').unwrap();
    let body = format!("SELECT count() FROM {table} {condition}");
    let mut connection = TcpStream::connect(host).unwrap();
    write!(
        connection,
        "POST / HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (_, number) = answer.split_once("\r\n\r\n").expect("a head and a body");
    number.trim().parse().unwrap_or_else(|_| panic!("{answer}"))
}

fn psql(address: &str, sql: &str) -> String {
    let done = Command::new(binary("psql", &folders()).expect("psql comes with PostgreSQL"))
        .args(["-qtA", "-d", address, "-c", sql])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{error}");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

pub fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    // Debian keeps the programs of each version of PostgreSQL in a folder of its own.
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders.push("/usr/sbin".into());
    folders
}

pub fn binary(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let found = folders.iter().map(|folder| folder.join(name));
    found.into_iter().find(|file| file.is_file())
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A folder that the guard of a server removes.
fn folder() -> PathBuf {
    tempfile::Builder::new()
        .prefix("natero-server-")
        .tempdir()
        .unwrap()
        .keep()
}

impl Servers {
    fn start() -> Option<Self> {
        let folders = folders();
        let initdb = binary("initdb", &folders)?;
        let postgres = binary("postgres", &folders)?;
        let clickhouse = binary("clickhouse-server", &folders)?;
        let (postgres_port, clickhouse_port) = (free_port(), free_port());
        let guards = [
            start_postgres(&initdb, &postgres, postgres_port),
            start_clickhouse(&clickhouse, clickhouse_port),
        ];
        wait_for(clickhouse_port);
        wait_for(postgres_port);
        Some(Servers {
            postgres: postgres_port,
            clickhouse: clickhouse_port,
            _guards: guards,
        })
    }

    fn postgres_address(&self, database: &str) -> String {
        format!("postgres://natero@127.0.0.1:{}/{database}", self.postgres)
    }
}

fn start_postgres(initdb: &Path, postgres: &Path, port: u16) -> (Child, ChildStdin) {
    let folder = folder();
    init_postgres(initdb, &folder);
    run_postgres(postgres, &folder, port, &sweeping("KILL", &folder), &[])
}

/// Makes the files of a PostgreSQL in a folder.
pub fn init_postgres(initdb: &Path, folder: &Path) {
    let mut init = Command::new(initdb);
    if let Some((user, group)) = unprivileged() {
        chown(folder, Some(user), Some(group)).unwrap();
        init.uid(user).gid(group);
    }
    let made = init
        .args(["--auth=trust", "--encoding=UTF8", "--locale=C"])
        .args(["-U", "natero", "-D"])
        .arg(folder.join("data"))
        .current_dir(folder)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{error}");
}

/// Starts a PostgreSQL whose files are in a folder.
pub fn run_postgres(
    postgres: &Path,
    folder: &Path,
    port: u16,
    guard: &[&OsStr],
    settings: &[&str],
) -> (Child, ChildStdin) {
    let mut command = guarded(guard, postgres);
    // PostgreSQL refuses to run as root.
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    command
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", ""])
        .args(["-c", "max_connections=300"])
        // What a test wrote need not survive the machine.
        .args(["-c", "fsync=off"])
        .args(settings.iter().flat_map(|setting| ["-c", setting]));
    spawn(command, folder)
}

fn start_clickhouse(clickhouse: &Path, port: u16) -> (Child, ChildStdin) {
    let folder = folder();
    run_clickhouse(clickhouse, &folder, port, &sweeping("KILL", &folder), "")
}

/// Starts a ClickHouse whose files are in a folder.
pub fn run_clickhouse(
    clickhouse: &Path,
    folder: &Path,
    port: u16,
    guard: &[&OsStr],
    settings: &str,
) -> (Child, ChildStdin) {
    let data = folder.display();
    let (native, between) = (free_port(), free_port());
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
            <default_profile>default</default_profile><default_database>default</default_database>
            {settings}
        </yandex>"
    );
    let users = "<yandex>
            <profiles><default></default></profiles>
            <users><default><password></password><networks><ip>127.0.0.1</ip></networks>
                <profile>default</profile><quota>default</quota></default></users>
            <quotas><default></default></quotas>
        </yandex>";
    fs::write(folder.join("config.xml"), config).unwrap();
    fs::write(folder.join("users.xml"), users).unwrap();
    let mut command = guarded(guard, clickhouse);
    command
        .arg("--config-file")
        .arg(folder.join("config.xml"))
        .current_dir(folder);
    spawn(command, folder)
}

/// The guard that ends a server with a signal and removes its folder.
fn sweeping<'a>(signal: &'a str, folder: &'a Path) -> [&'a OsStr; 4] {
    let (script, name) = (OsStr::new(GUARD_AND_SWEEP), OsStr::new("sh"));
    [script, name, OsStr::new(signal), folder.as_os_str()]
}

/// The guard that ends a server with a signal and leaves its folder.
pub fn leaving(signal: &str) -> [&OsStr; 3] {
    [OsStr::new(GUARD), OsStr::new("sh"), OsStr::new(signal)]
}

fn guarded(guard: &[&OsStr], server: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").args(guard).arg(server);
    command
}

fn spawn(mut command: Command, folder: &Path) -> (Child, ChildStdin) {
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .unwrap();
    let mut child = command
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let input = child.stdin.take().unwrap();
    (child, input)
}

/// The user and group `postgres`, or else `nobody`, where this process is root.
pub fn unprivileged() -> Option<(u32, u32)> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| {
        use std::os::unix::fs::MetadataExt;
        own.uid() == 0
    });
    if !is_root {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    ["postgres", "nobody"].iter().find_map(|wanted| {
        let fields: Vec<&str> = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields.first() == Some(wanted))?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    })
}

pub fn wait_for(port: u16) {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < START_LIMIT, "no server on port {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
