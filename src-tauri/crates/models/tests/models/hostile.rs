//! Whatever the bytes, inspection ends soon, within its memory, in an answer.

use crate::file::{File, Value};
use nopenai_models::Facts;
use nopenai_models::gguf::{Refusal, inspect_reader};
use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
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

/// One way to damage a file.
#[derive(Debug, Clone)]
enum Damage {
    Set(usize, u8),
    Number(usize, u64),
    Cut(usize),
    Copy(usize, usize, usize),
    Insert(usize, Vec<u8>),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len();
        match self {
            Self::Set(at, value) => bytes[at % length] = *value,
            Self::Number(at, number) => {
                let at = at % length;
                for (byte, new) in bytes[at..].iter_mut().zip(number.to_le_bytes()) {
                    *byte = new;
                }
            }
            Self::Cut(at) => bytes.truncate(at % length),
            Self::Copy(from, to, count) => {
                let (from, to) = (from % length, to % length);
                let count = (*count).min(length - from).min(length - to);
                bytes.copy_within(from..from + count, to);
            }
            Self::Insert(at, new) => {
                let at = at % length;
                bytes.splice(at..at, new.iter().copied());
            }
        }
    }
}

fn damage(header: usize) -> impl Strategy<Value = Damage> {
    let telling = prop::sample::select(vec![
        0,
        1,
        0x7f,
        0xff,
        1 << 20,
        8 << 20,
        1 << 31,
        u64::from(u32::MAX),
        1 << 32,
        1 << 40,
        1 << 62,
        i64::MAX as u64,
        1 << 63,
        u64::MAX - 7,
        u64::MAX,
    ]);
    prop_oneof![
        (0..header, any::<u8>()).prop_map(|(at, value)| Damage::Set(at, value)),
        (0..header, telling).prop_map(|(at, number)| Damage::Number(at, number)),
        (0..2 * header).prop_map(Damage::Cut),
        (0..header, 0..header, 1..64_usize).prop_map(|(a, b, n)| Damage::Copy(a, b, n)),
        (0..header, prop::collection::vec(any::<u8>(), 1..32))
            .prop_map(|(at, new)| Damage::Insert(at, new)),
    ]
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
