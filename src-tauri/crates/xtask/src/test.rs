//! `test`: everything that CI checks, cheapest first.

use crate::ui::Ui;
use crate::workspace::Workspace;
use crate::{command, generate, setup};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Runs every check; stops at the first that fails.
pub fn test(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::default();
    let (ui, starter) = steps.run("set-up", || setup::for_testing(workspace))?;
    let suite = Suite { workspace, ui, starter };
    for (name, step) in SUITE {
        steps.run(name, || step(&suite))?;
    }
    steps.print();
    Ok(())
}

struct Suite<'a> {
    workspace: &'a Workspace,
    ui: Ui,
    starter: PathBuf,
}

type Step = fn(&Suite) -> Result<()>;

const SUITE: &[(&str, Step)] = &[
    ("format", |suite| suite.cargo(&["fmt", "--all", "--check"])),
    ("UI: generated types", |suite| generate::check_types(&suite.ui)),
    ("UI: type check", |suite| suite.ui.script("typecheck")),
    ("UI: lint", |suite| suite.ui.script("lint")),
    ("UI: build", |suite| suite.ui.build()),
    ("UI: tests", |suite| suite.ui.script("test")),
    ("clippy", |suite| suite.workspace.lint()),
    ("build", |suite| suite.workspace.build()),
    ("tests", |suite| suite.nextest("not package(nopenai-tests)")),
    ("examples in the documentation", |suite| suite.cargo(&["test", "--workspace", "--doc"])),
    ("end to end", |suite| suite.nextest("package(nopenai-tests)")),
];

impl Suite<'_> {
    fn cargo(&self, arguments: &[&str]) -> Result<()> {
        command::run(self.workspace.cargo().args(arguments))
    }

    fn nextest(&self, filter: &str) -> Result<()> {
        let mut nextest = self.workspace.cargo();
        nextest.args(["nextest", "run", "--workspace", "--filterset", filter]);
        if std::env::var_os("CI").is_some() {
            nextest.args(["--profile", "ci"]);
        }
        self.workspace.name_subjects(&mut nextest, &self.starter);
        command::run(&mut nextest)
    }
}

/// Announces and times the steps.
#[derive(Default)]
struct Steps(Vec<(&'static str, Duration)>);

impl Steps {
    fn run<T>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n=== {name}");
        let start = Instant::now();
        let result = step();
        self.0.push((name, start.elapsed()));
        if result.is_err() {
            self.print();
        }
        result.with_context(|| format!("{name} failed"))
    }

    fn print(&self) {
        println!("\n=== Times");
        for (name, time) in &self.0 {
            println!("{:>8.1} s  {name}", time.as_secs_f64());
        }
        let total: Duration = self.0.iter().map(|(_, time)| time).sum();
        println!("{:>8.1} s  in all", total.as_secs_f64());
    }
}
