//! A real PostgreSQL server of a test's own: in a folder of its own, at a port
//! that was free, ended with it.

use nopenai_domain::{ConnectionProfile, ProfileId, ServerKind};
use std::{
    fs,
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// The schema the tests use: of a hostile name.
pub const SCHEMA: &str = "Team \"Ω\"; DROP";

pub const PASSWORD: &str = "p}w;'ü\"x";

/// A server, for as long as it lives.
pub struct Postgres {
    folder: TempDir,
    binaries: PathBuf,
    pub port: u16,
    /// Settings beside the usual ones, as they are typed.
    settings: String,
}

/// PostgreSQL refuses to run as root: then it runs as the user its package made.
fn as_its_user(program: &Path) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if String::from_utf8_lossy(&id).trim() != "0" {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

fn binaries() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("Debian package `postgresql`");
    versions.map(|entry| entry.unwrap().path().join("bin")).max().unwrap()
}

impl Postgres {
    /// A server of its own, with the schema's owner `team`.
    pub fn start() -> Self {
        Self::start_with(|_| String::new())
    }

    /// One with settings, which may name files of its folder.
    pub fn start_with(settings: impl FnOnce(&Path) -> String) -> Self {
        let folder = tempfile::Builder::new().prefix("nopenai-pg").tempdir().unwrap();
        let binaries = binaries();
        // The server's user must get in.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        fs::set_permissions(folder.path(), mode).unwrap();
        let data = folder.path().join("data");
        run(as_its_user(&binaries.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args(["-U", "postgres", "-E", "UTF8", "--locale=C", "--auth-local=trust"])
            .args(["--auth-host=scram-sha-256", "--no-sync"]));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = settings(folder.path());
        let server = Self { folder, binaries, port, settings };
        server.up();
        let password = PASSWORD.replace('\'', "''");
        server.sql(&format!("CREATE ROLE team LOGIN PASSWORD '{password}'"));
        server.sql("CREATE DATABASE team OWNER team");
        server
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Lets nobody in over the network who doesn't encrypt.
    pub fn only_encrypted(&self) {
        let rule = "hostssl all all all scram-sha-256\nlocal all all trust\n";
        let file = self.data().join("pg_hba.conf");
        fs::write(&file, rule).unwrap();
        self.sql("SELECT pg_reload_conf()");
        // The reload is for the next connections, a moment later.
        std::thread::sleep(std::time::Duration::from_millis(300));
    }

    /// Gives a file to the user the server runs as, and to nobody else.
    pub fn hand_over(file: &Path) {
        let id = Command::new("id").arg("-u").output().unwrap().stdout;
        if String::from_utf8_lossy(&id).trim() == "0" {
            run(Command::new("chown").arg("postgres").arg(file));
        }
        run(Command::new("chmod").arg("600").arg(file));
    }

    /// Starts it (again).
    pub fn up(&self) {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c shared_buffers=64MB -c fsync=on {}",
            self.port,
            self.folder.path().display(),
            self.settings
        );
        let mut command = as_its_user(&self.binaries.join("pg_ctl"));
        command.arg("-D").arg(self.data()).args(["-w", "-o", &options, "-l"]);
        command.arg(self.folder.path().join("data/log")).arg("start");
        // Its children inherit what it is given: none of ours.
        command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
        assert!(command.status().unwrap().success(), "PostgreSQL did not start");
    }

    /// Ends it at once, as a power cut does.
    pub fn down(&self) {
        let mut command = as_its_user(&self.binaries.join("pg_ctl"));
        command.arg("-D").arg(self.data()).args(["-m", "immediate", "-w", "stop"]);
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }

    /// Runs SQL as the superuser, in the database `postgres` or `team`.
    pub fn sql(&self, sql: &str) {
        self.sql_in("postgres", sql);
    }

    pub fn sql_in(&self, database: &str, sql: &str) {
        run(self.psql(database).args(["-c", sql]));
    }

    /// `psql` as the superuser.
    pub fn psql(&self, database: &str) -> Command {
        let mut command = as_its_user(&self.binaries.join("psql"));
        command.arg("-h").arg(self.folder.path()).args(["-p", &self.port.to_string()]);
        command.args(["-U", "postgres", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database]);
        command.current_dir("/");
        command
    }

    /// All of the team's database, as a backup has it.
    pub fn dump(&self) -> String {
        let mut dump = as_its_user(&self.binaries.join("pg_dump"));
        dump.arg("-h").arg(self.folder.path()).args(["-p", &self.port.to_string()]);
        dump.args(["-U", "postgres", "team"]).current_dir("/");
        String::from_utf8(dump.output().unwrap().stdout).unwrap()
    }

    /// The team's database as it was.
    pub fn restore(&self, dump: &str) {
        let mut psql = self.psql("team");
        psql.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = psql.spawn().unwrap();
        child.stdin.take().unwrap().write_all(dump.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// A profile of it.
    pub fn profile(&self) -> ConnectionProfile {
        Self::profile_at(self.port)
    }

    /// A profile of one at a port.
    pub fn profile_at(port: u16) -> ConnectionProfile {
        ConnectionProfile {
            id: ProfileId::generate(),
            name: "Team".to_owned(),
            kind: ServerKind::PostgreSql,
            host: "127.0.0.1".to_owned(),
            port,
            database: "team".to_owned(),
            user: "team".to_owned(),
            schema: SCHEMA.to_owned(),
            tls: false,
            validate_certificate: false,
            trust_store: None,
            driver: None,
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.down();
        // What the server's user wrote, only it may remove.
        let _ = as_its_user(Path::new("rm")).arg("-rf").arg(self.data()).status();
    }
}
