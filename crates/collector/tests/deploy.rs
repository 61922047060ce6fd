//! Checks that the command accepts what `deploy/` and the documents tell an operator to run.
#![allow(missing_docs)]

use std::{ffi::OsStr, fs, path::Path};

use clap::{CommandFactory, Parser};
use natero_collector::cli::Cli;

/// The name of the program.
const PROGRAM: &str = "natero-collector";

/// The level of the log, which has no flag.
const LOG_LEVEL: &str = "NATERO_LOG";

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

/// Joins lines that end in a backslash with the next line.
fn joined(text: &str) -> String {
    text.replace("\\\n", " ")
}

/// Parses arguments as the command does; `--help` and `--version` are accepted, too.
fn parse(args: &[&str]) -> Result<(), String> {
    match Cli::try_parse_from([PROGRAM].iter().chain(args)) {
        Ok(_) => Ok(()),
        Err(error) if !error.use_stderr() => Ok(()),
        Err(error) => Err(format!("`{PROGRAM} {}`: {error}", args.join(" "))),
    }
}

/// Parses a setting in the environment as `serve` does.
fn parse_setting(line: &str) -> Result<(), String> {
    let (name, value) = line
        .split_once('=')
        .ok_or(format!("{line:?} has no value"))?;
    if name == LOG_LEVEL {
        return Ok(());
    }
    let command = Cli::command();
    let serve = command.find_subcommand("serve").expect("it serves");
    let flag = serve
        .get_arguments()
        .find(|flag| flag.get_env() == Some(OsStr::new(name)))
        .and_then(|flag| flag.get_long())
        .ok_or(format!("{name} is no variable of `{PROGRAM} serve`"))?;
    parse(&["serve", &format!("--{flag}"), value])
}

/// The arguments that a shell line passes to the program: when it is run directly, as another
/// user, or in a container. `None` if the line runs something else, or a container without
/// arguments.
fn arguments(line: &str) -> Option<Vec<&str>> {
    let line = line.split(" #").next()?;
    let words: Vec<_> = line.split_whitespace().collect();
    let is_program = |word: &&str| Path::new(word).file_name() == Some(OsStr::new(PROGRAM));
    let at = match words[..] {
        ["docker" | "podman", "run" | "exec", ..] => words.iter().rposition(is_program)?,
        ["sudo", "-u", _, ..] => 3,
        ["sudo", ..] => 1,
        _ => 0,
    };
    let args = words
        .get(at)
        .filter(|word| is_program(word))
        .map(|_| &words[at + 1..])?;
    let as_it_is = args.is_empty() && at > 3;
    (!as_it_is).then(|| args.to_vec())
}

/// The shell lines in a document.
fn shell_lines(document: &str) -> Vec<String> {
    let blocks = document.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    blocks
        .flat_map(|block| joined(block).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// The words of a list such as `ENTRYPOINT ["a", "b"]`.
fn list(containerfile: &str, instruction: &str) -> Vec<String> {
    let mut lines = containerfile.lines();
    let list = lines
        .find_map(|line| line.strip_prefix(instruction))
        .unwrap();
    serde_json::from_str(list).unwrap()
}

#[test]
fn the_unit_starts_the_collector_with_flags_that_exist() {
    let unit = text("deploy/natero-collector.service");
    let starts: Vec<_> = unit
        .lines()
        .filter_map(|line| line.strip_prefix("ExecStart="))
        .collect();
    let [start] = starts[..] else {
        panic!("it starts {starts:?}")
    };
    let args = arguments(start).expect("it starts the collector");
    assert_eq!(args[0], "serve");
    assert_eq!(parse(&args), Ok(()));
}

#[test]
fn the_unit_the_user_and_the_settings_go_together() {
    let unit = text("deploy/natero-collector.service");
    let users = text("deploy/natero-collector.sysusers.conf");
    let user = users
        .lines()
        .find_map(|line| line.strip_prefix("u "))
        .and_then(|line| line.split_whitespace().next())
        .expect("a user");
    let has = |line: &str| unit.lines().any(|other| other == line);
    assert!(has(&format!("User={user}")), "{user}");
    assert!(has("StateDirectory=natero-collector"));
    assert!(has("EnvironmentFile=-/etc/natero-collector.env"));
    let readme = text("README.md");
    assert!(readme.contains("/etc/natero-collector.env"));
    assert!(readme.contains(&format!("sudo -u {user} ")));
}

#[test]
fn every_setting_of_the_environment_file_is_one_and_has_a_value_that_is_taken() {
    let file = text("deploy/natero-collector.env");
    let settings = file
        .lines()
        .map(|line| line.trim_start_matches('#'))
        .filter(|line| line.starts_with("NATERO_"));
    let mut count = 0;
    for setting in settings {
        assert_eq!(parse_setting(setting), Ok(()));
        count += 1;
    }
    assert!(count > 5, "it names {count} settings");
}

#[test]
fn a_setting_or_flag_that_does_not_exist_is_found_out() {
    assert!(parse_setting("NATERO_NO_SUCH=1").is_err());
    assert!(parse_setting("NATERO_KEEP_RAW=soon").is_err());
    assert!(parse(&["serve", "--no-such"]).is_err());
    assert_eq!(arguments("curl http://127.0.0.1:8088/healthz"), None);
    let list = Some(vec!["keys", "list"]);
    for line in [
        "natero-collector keys list # all",
        "sudo -u natero-collector /opt/natero-collector keys list",
        "podman run -v a:/var/lib/natero-collector natero-collector keys list",
        "docker exec natero-collector /usr/local/bin/natero-collector keys list",
    ] {
        assert_eq!(arguments(line), list, "{line}");
    }
    for line in [
        "sudo install target/natero-collector /usr/local/bin/",
        "docker run -d --name natero-collector natero-collector",
        "docker build -t natero-collector .",
    ] {
        assert_eq!(arguments(line), None, "{line}");
    }
}

#[test]
fn the_container_starts_the_collector_as_the_command_takes_it() {
    let file = joined(&text("deploy/Containerfile"));
    let line = [list(&file, "ENTRYPOINT "), list(&file, "CMD ")].concat();
    let line = line.join(" ");
    let args = arguments(&line).expect("it starts the collector");
    assert_eq!(args[0], "serve");
    assert_eq!(parse(&args), Ok(()));
    let settings = file
        .split_whitespace()
        .filter(|word| word.starts_with("NATERO_"));
    assert_eq!(settings.clone().count(), 2);
    for setting in settings {
        assert_eq!(parse_setting(setting), Ok(()));
    }
}

#[test]
fn the_container_runs_as_nobody_and_keeps_its_database_in_the_volume() {
    let file = joined(&text("deploy/Containerfile"));
    let last = file.rsplit("\nFROM ").next().unwrap();
    let value = |instruction: &str| {
        let mut lines = last.lines();
        lines
            .find_map(|line| line.strip_prefix(instruction))
            .unwrap()
    };
    assert!(!value("USER ").starts_with('0') && value("USER ") != "root");
    let volume = &list(last, "VOLUME ")[0];
    assert_eq!(value("WORKDIR "), volume);
    let db = value("ENV ").split_whitespace().next().unwrap();
    assert!(db.starts_with(&format!("NATERO_DB={volume}/")), "{db}");
}

#[test]
fn the_compiler_of_the_container_is_the_oldest_that_is_promised() {
    let manifest = text("../../Cargo.toml");
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "))
        .unwrap()
        .trim_matches('"');
    let file = text("deploy/Containerfile");
    assert!(
        file.contains(&format!("FROM rust:{version}-alpine")),
        "{version}"
    );
}

#[test]
fn every_command_that_the_documents_show_is_one_that_the_collector_takes() {
    for document in ["README.md", "../../README.md"] {
        let lines = shell_lines(&text(document));
        let commands: Vec<_> = lines.iter().filter_map(|line| arguments(line)).collect();
        assert!(commands.len() >= 3, "{document} shows {commands:?}");
        for args in commands {
            assert_eq!(parse(&args), Ok(()), "{document}");
        }
    }
}
