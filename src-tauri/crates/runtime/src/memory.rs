use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Memory of this machine, or of the container this process is confined to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemMemory {
    /// All there is, bytes.
    pub total_bytes: u64,
    /// What can be had without swapping, bytes: free memory and what the
    /// system would give up for it.
    pub available_bytes: u64,
}

/// Asks the system, which takes less than a millisecond.
pub fn system_memory() -> SystemMemory {
    let only_memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(only_memory);
    let machine = SystemMemory {
        total_bytes: system.total_memory(),
        available_bytes: system.available_memory(),
    };
    match system.cgroup_limits() {
        Some(limits) if limits.total_memory > 0 => SystemMemory {
            total_bytes: machine.total_bytes.min(limits.total_memory),
            available_bytes: machine.available_bytes.min(limits.free_memory),
        },
        _ => machine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_memory_is_available_and_not_more_than_there_is() {
        let memory = system_memory();
        assert!(memory.available_bytes > 1 << 20, "{memory:?}");
        assert!(memory.available_bytes <= memory.total_bytes, "{memory:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_total_is_the_kernels() {
        let text = std::fs::read_to_string("/proc/meminfo").expect("Linux tells it");
        let kilobytes: u64 = text
            .lines()
            .find_map(|line| {
                line.strip_prefix("MemTotal:")?.strip_suffix("kB")?.trim().parse().ok()
            })
            .expect("it has a total");
        assert!(system_memory().total_bytes <= kilobytes * 1024);
    }
}
