//! Processor time of collectors, PostgreSQL and ClickHouse.

use std::collections::HashMap;

use crate::process::cpu_of;

/// Processor time so far, in µs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    pub collectors: f64,
    pub postgres: f64,
    pub clickhouse: f64,
}

impl Cpu {
    /// The time used since `before`.
    pub fn less(&self, before: &Cpu) -> Cpu {
        Cpu {
            collectors: self.collectors - before.collectors,
            postgres: self.postgres - before.postgres,
            clickhouse: self.clickhouse - before.clickhouse,
        }
    }

    /// Each part with its name.
    pub fn parts(&self) -> [(&'static str, f64); 3] {
        [
            ("collectors", self.collectors),
            ("PostgreSQL", self.postgres),
            ("ClickHouse", self.clickhouse),
        ]
    }
}

/// Processor time of a process and of all below it, in µs.
pub fn of_tree(root: u32) -> f64 {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        if let Some(pid) = pid
            && let Some(parent) = parent_of(pid)
        {
            children.entry(parent).or_default().push(pid);
        }
    }
    let (mut all, mut waiting) = (0.0, vec![root]);
    while let Some(pid) = waiting.pop() {
        let (own, ended) = cpu_of(pid);
        all += own + ended;
        waiting.extend(children.remove(&pid).unwrap_or_default());
    }
    all
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(1)?.parse().ok()
}
