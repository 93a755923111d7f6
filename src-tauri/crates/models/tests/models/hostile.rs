//! Whatever the bytes, inspection ends soon, within its memory, in an answer.

use crate::damage::{Damage, Model, damage, models};
use crate::file::{File, Value};
use nopenai_models::gguf::{Refusal, inspect_reader};
use nopenai_models::{Facts, gguf, safetensors};
use proptest::prelude::*;
use serde_json::json;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::env;
use std::fs;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

thread_local! {
    static USED: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

/// Counts what each thread has allocated.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: every call goes to the system's allocator unchanged; the counters are
// plain thread-local cells that allocate nothing.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let used = USED.get().saturating_add(layout.size());
        USED.set(used);
        PEAK.set(PEAK.get().max(used));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        USED.set(USED.get().saturating_sub(layout.size()));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Inspects, and holds it to `most` bytes of memory and ten seconds: the
/// longest possible header takes one, unoptimised.
fn bounded(file: impl Read + Seek, length: u64, most: usize) -> Result<Facts, Refusal> {
    let before = USED.get();
    PEAK.set(before);
    let start = Instant::now();
    let result = inspect_reader(file, length);
    let (took, peak) = (start.elapsed(), PEAK.get().saturating_sub(before));
    assert!(took < Duration::from_secs(10), "took {took:?}");
    assert!(peak <= most, "took {peak} bytes for a file of {length}");
    result
}

/// The reader's own 64 KiB, and a few times what is in the file.
fn check(bytes: &[u8]) -> Result<Facts, Refusal> {
    let most = (128 << 10) + 16 * bytes.len();
    bounded(Cursor::new(bytes), bytes.len() as u64, most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_get_an_answer(
        damages in prop::collection::vec(damage(File::llama().header_bytes()), 1..6)
    ) {
        let mut bytes = File::llama().bytes();
        for damage in &damages {
            damage.apply(&mut bytes);
        }
        if let Ok(facts) = check(&bytes) {
            prop_assert!(facts.weight_bytes <= bytes.len() as u64);
        }
    }

    #[test]
    fn noise_gets_an_answer(noise in prop::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(check(&noise).is_err());
        let mut bytes = File::llama().bytes()[..24].to_vec();
        bytes.extend(noise);
        prop_assert!(check(&bytes).is_err());
    }
}

#[test]
fn each_place_of_the_header_may_hold_anything() {
    let file = File::llama();
    let bytes = file.bytes();
    for at in 0..file.header_bytes() {
        for number in [0, u64::MAX, 1 << 31, 1 << 63, 8 << 20] {
            let mut bytes = bytes.clone();
            Damage::Number(at, number).apply(&mut bytes);
            // An answer is enough: some bytes are padding or names.
            let _ = check(&bytes);
        }
    }
}

/// What a damaged model's inspection may take, bytes: a buffer of 64 KiB, what
/// is in its files in a few forms, and a message.
const MOST_BYTES: usize = 1 << 20;

/// `cargo xtask soak models` looks at 10,000.
#[test]
fn models_changed_in_every_way_get_an_answer_in_time() {
    let rounds = env::var("NOPENAI_SOAK_ROUNDS").map_or(500, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (mut accepted, mut slowest, mut most) = (0, Duration::ZERO, 0);
    for (number, model) in models().take(rounds).enumerate() {
        let place = folder.path().join(number.to_string());
        model.write(&place);
        let before = USED.get();
        PEAK.set(before);
        let start = Instant::now();
        let answer = match &model {
            Model::File(_) => gguf::inspect(&place).map_err(|refusal| refusal.to_string()),
            Model::Folder(_) => safetensors::inspect(&place).map_err(|refusal| refusal.to_string()),
        };
        slowest = slowest.max(start.elapsed());
        most = most.max(PEAK.get().saturating_sub(before));
        match answer {
            Ok(_) => accepted += 1,
            Err(reason) => assert!(!reason.is_empty(), "{model:?}"),
        }
        assert!(most <= MOST_BYTES, "{most} bytes for {model:?}");
        assert!(slowest < Duration::from_secs(1), "{slowest:?} for {model:?}");
        let _ = fs::remove_file(&place).or_else(|_| fs::remove_dir_all(&place));
    }
    assert!(accepted > 0 && accepted < rounds, "{accepted} of {rounds} were accepted");
    if let Some(file) = env::var_os("NOPENAI_SOAK_RESULT") {
        let figures = json!({
            "damaged_models": rounds,
            "refused": rounds - accepted,
            "accepted": accepted,
            "slowest_inspection_ms": slowest.as_secs_f64() * 1e3,
            "most_bytes_of_an_inspection": most,
        });
        fs::write(file, figures.to_string()).unwrap();
    }
}

/// A file as long as it claims to be, zeros after its beginning, without taking
/// the space.
struct Sparse {
    start: Vec<u8>,
    position: u64,
}

impl Read for Sparse {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        out.fill(0);
        let start = self.start.get(self.position as usize..).unwrap_or(&[]);
        let count = start.len().min(out.len());
        out[..count].copy_from_slice(&start[..count]);
        self.position += out.len() as u64;
        Ok(out.len())
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.position.saturating_add_signed(by),
            SeekFrom::End(_) => return Err(std::io::ErrorKind::Unsupported.into()),
        };
        Ok(self.position)
    }
}

/// Files of a terabyte, which any claim fits into.
#[test]
fn vast_files_take_neither_memory_nor_time() {
    let vast = |file: &File| {
        let start = file.bytes()[..file.header_bytes()].to_vec();
        bounded(Sparse { start, position: 0 }, 1 << 40, 32 << 20)
    };
    let list = |kind: u32, length: u64| {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend(length.to_le_bytes());
        Value::Raw(9, bytes)
    };
    let with = |value: Value| {
        let mut file = File::llama();
        file.set("x", value);
        // Only zeros follow.
        file.tensors.clear();
        file.claimed.0 = Some(65_536);
        file
    };
    // It is whole; what follows is no part of any tensor.
    assert!(vast(&File::llama()).is_ok());
    // Every key of these is empty, so that the second is a duplicate.
    let mut file = File::llama();
    file.tensors.clear();
    file.claimed = (Some(65_536), Some(4096));
    assert!(vast(&file).is_err());
    assert!(vast(&with(list(12, 7 << 20))).is_err());
    assert!(vast(&with(list(8, 7 << 20))).is_err());
    assert!(vast(&with(list(9, 1 << 20))).is_err());
    assert!(vast(&with(Value::Raw(8, (4_u64 << 20).to_le_bytes().to_vec()))).is_err());
}
