//! What this process occupies.

use nopenai_protocol::ProcessMemory;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most that was seen resident, bytes.
static HIGHEST_SEEN: AtomicU64 = AtomicU64::new(0);

/// This process's memory; `None` where the system does not tell.
pub fn of_process() -> Option<ProcessMemory> {
    let resident_bytes = memory_stats::memory_stats()?.physical_mem as u64;
    let seen = HIGHEST_SEEN.fetch_max(resident_bytes, Ordering::Relaxed).max(resident_bytes);
    // Linux counts the highest resident set itself.
    let counted = status_bytes("VmHWM:").unwrap_or(0);
    Some(ProcessMemory { resident_bytes, peak_bytes: counted.max(seen) })
}

/// A line of proc_pid_status(5) that counts memory; `None` off Linux.
pub fn status_bytes(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix(name))?;
    kilobytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|number| number * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_remembers_what_was_given_back() {
        let before = of_process().unwrap();
        let block = std::hint::black_box(vec![1_u8; 64 << 20]);
        let during = of_process().unwrap();
        drop(block);
        let after = of_process().unwrap();
        assert!(during.resident_bytes >= before.resident_bytes + (60 << 20), "{during:?}");
        assert!(after.resident_bytes < during.resident_bytes, "{after:?}");
        assert!(after.peak_bytes >= during.resident_bytes, "{after:?}");
    }
}
