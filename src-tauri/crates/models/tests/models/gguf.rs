use crate::file::{F32, File, Tensor, Value};
use nopenai_domain::{Code, Error, Runtime};
use nopenai_models::Facts;
use nopenai_models::gguf::{Reason, Refusal, inspect, inspect_reader};
use std::io::Cursor;

fn read(file: &File) -> Result<Facts, Refusal> {
    let bytes = file.bytes();
    inspect_reader(Cursor::new(&bytes), bytes.len() as u64)
}

/// What is said about the model after a change.
pub fn refusal(change: impl FnOnce(&mut File)) -> Refusal {
    let mut file = File::llama();
    change(&mut file);
    read(&file).expect_err("the change makes it wrong")
}

pub fn facts(change: impl FnOnce(&mut File)) -> Facts {
    let mut file = File::llama();
    change(&mut file);
    read(&file).expect("the change leaves it right")
}

/// The file's reason is the one expected, and its message and offset say so.
macro_rules! refused {
    ($pattern:pat, $change:expr) => {
        let refusal = refusal($change);
        assert!(matches!(refusal.reason, $pattern), "{refusal} is not {}", stringify!($pattern));
        let offset = refusal.offset;
        let error = Error::from(refusal);
        assert_eq!(error.code, Code::UnsupportedModel);
        assert_eq!(error.details.get("offset").and_then(|value| value.as_u64()), offset);
        assert!(error.message.ends_with('.'), "{}", error.message);
    };
}

pub(crate) use refused;

#[test]
fn a_whole_model_is_described() {
    let facts = facts(|_| {});
    assert_eq!(facts.architecture, "llama");
    assert_eq!(facts.runtimes, Runtime::ALL);
    // 6 × 32 and 32; in each of two blocks 64 for norms, 32 × 96 and 3 × 2048.
    assert_eq!(facts.parameters, Some(6 * 32 + 32 + 2 * (64 + 32 * 96 + 3 * 2048)));
    assert_eq!(facts.quantization, "Q4_0");
    assert_eq!(facts.context_length, Some(128));
    assert!(facts.has_chat_template);
    assert_eq!(facts.name.as_deref(), Some("Tiny Llama"));
    let quantized = 6 * 32 + 2 * (32 * 96 + 3 * 2048);
    assert_eq!(facts.weight_bytes, quantized / 32 * 18 + 4 * (32 + 2 * 64));
}

#[test]
fn versions_two_and_three_are_read() {
    facts(|file| file.version = 2);
    refused!(Reason::Version(1), |file| file.version = 1);
    refused!(Reason::Version(4), |file| file.version = 4);
    refused!(Reason::BigEndian, |file| file.version = 3_u32.swap_bytes());
}

#[test]
fn what_is_no_model_is_named() {
    let named = |bytes: &[u8]| {
        let refusal = inspect_reader(Cursor::new(bytes), bytes.len() as u64);
        refusal.expect_err("no model").reason
    };
    assert!(matches!(named(b""), Reason::Ends { missing: 4, .. }));
    assert!(matches!(named(b"GG"), Reason::Ends { missing: 2, .. }));
    assert!(matches!(named(b"PK\x03\x04 and more"), Reason::Magic));
    assert!(matches!(named(b"FUGG\0\0\0\0"), Reason::Magic));

    let folder = tempfile::tempdir().unwrap();
    let at = |path| inspect(path).expect_err("no file");
    assert!(matches!(at(folder.path()).reason, Reason::NotAFile));
    assert!(matches!(at(&folder.path().join("absent")).reason, Reason::Io(_)));
}

#[test]
fn a_file_cut_anywhere_says_what_is_missing() {
    let file = File::llama();
    let (bytes, start) = (file.bytes(), file.header_bytes());
    for length in 0..start - 32 {
        let refusal = inspect_reader(Cursor::new(&bytes[..length]), length as u64);
        let reason = refusal.expect_err("cut within the header").reason;
        assert!(matches!(reason, Reason::Ends { .. }), "{length}: {reason}");
    }
    // The last tensor has 1152 bytes.
    let cut = &bytes[..bytes.len() - 1000];
    let refusal = inspect_reader(Cursor::new(cut), cut.len() as u64).unwrap_err();
    let error = Error::from(refusal);
    assert_eq!(error.details["missing_bytes"], 1000);
    assert_eq!(error.details["tensor"], "blk.1.ffn_down.weight");
    assert!(error.message.contains("1000 bytes are missing"), "{}", error.message);
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_cut_too() {
    let bytes = File::llama().bytes();
    let result = inspect_reader(Cursor::new(&bytes[..300]), bytes.len() as u64);
    assert!(matches!(result.unwrap_err().reason, Reason::Ends { .. }));
}

#[test]
fn claims_beyond_the_file_are_refused() {
    let claim = |kind: u32, bytes: &[u64]| {
        let bytes = bytes.iter().flat_map(|number| number.to_le_bytes());
        Value::Raw(kind, bytes.collect())
    };
    let list = |kind: u32, length: u64| {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend(length.to_le_bytes());
        Value::Raw(9, bytes)
    };
    refused!(Reason::TooMuch { .. }, |file| file.claimed.0 = Some(u64::MAX));
    refused!(Reason::TooMuch { .. }, |file| file.claimed.1 = Some(u64::MAX));
    refused!(Reason::TooMuch { .. }, |file| {
        file.set("x", claim(8, &[1 << 40]));
    });
    refused!(Reason::Ends { .. }, |file| {
        file.set("x", claim(8, &[1 << 20]));
    });
    refused!(Reason::TooMuch { .. }, |file| {
        file.set("x", list(0, u64::MAX));
    });
    refused!(Reason::Ends { .. }, |file| {
        file.set("x", list(10, 7 << 20));
    });
    refused!(Reason::Ends { .. }, |file| {
        file.set("x", list(8, 1 << 20));
    });
    // Arrays that each fit, and together don't.
    refused!(Reason::TooMuch { .. }, |file| {
        for key in ["x", "y", "z"] {
            let mut bytes = 0_u32.to_le_bytes().to_vec();
            bytes.extend((3_u64 << 20).to_le_bytes());
            bytes.resize(bytes.len() + (3 << 20), 0);
            file.set(key, Value::Raw(9, bytes));
        }
    });
    // Lists of lists of lists …
    refused!(Reason::TooMuch { .. }, |file| {
        let mut bytes = Vec::new();
        for _ in 0..5 {
            bytes.extend(9_u32.to_le_bytes());
            bytes.extend(1_u64.to_le_bytes());
        }
        file.set("x", Value::Raw(9, bytes));
    });
}

#[test]
fn wrong_metadata_are_named() {
    refused!(Reason::DuplicateKey(_), |file| {
        let twice = file.keys[3].clone();
        file.keys.push(twice);
    });
    refused!(Reason::NotText(_), |file| {
        file.keys.push(("general.alignment\0".to_owned(), Value::U32(1)));
    });
    refused!(Reason::TooMuch { .. }, |file| {
        file.keys.push(("k".repeat(70_000), Value::U32(1)));
    });
    refused!(Reason::ValueType { found: 13, .. }, |file| {
        file.set("x", Value::Raw(13, vec![0; 8]));
    });
    refused!(Reason::Boolean { found: 2, .. }, |file| {
        file.set("x", Value::Bool(2));
    });
    for alignment in [0, 3, 48] {
        refused!(Reason::KeyRange { .. }, |file| {
            file.set("general.alignment", Value::U32(alignment));
        });
    }
    // The engine ignores alignments of other types, and would read elsewhere.
    refused!(Reason::KeyType { .. }, |file| {
        file.set("general.alignment", Value::U64(64));
    });
    facts(|file| {
        file.alignment = 64;
        file.set("general.alignment", Value::U32(64));
    });
}

#[test]
fn wrong_tensors_are_named() {
    const NAME: &str = "blk.0.attn_q.weight";
    refused!(Reason::DuplicateTensor(_), |file| {
        let twice = file.tensors[3].clone();
        file.tensors.push(twice);
    });
    refused!(Reason::Dimensions { count: 0, .. }, |file| file.tensor(NAME).shape.clear());
    refused!(Reason::Dimensions { count: 5, .. }, |file| {
        file.tensor(NAME).shape = vec![32; 5];
    });
    refused!(Reason::Shape { .. }, |file| file.tensor(NAME).shape = vec![32, 0]);
    refused!(Reason::Shape { .. }, |file| file.tensor(NAME).shape = vec![1 << 33; 2]);
    refused!(Reason::Blocks { row: 16, .. }, |file| {
        file.tensor(NAME).shape = vec![16, 64];
    });
    refused!(Reason::UnknownType { kind: 99, .. }, |file| file.tensor(NAME).kind = 99);
    refused!(Reason::UnsupportedType { kind: "F64", .. }, |file| {
        file.tensor(NAME).kind = 28;
    });
    refused!(Reason::UnsupportedType { kind: "Q8_1", .. }, |file| {
        file.tensor(NAME).kind = 9;
    });
    refused!(Reason::Misaligned { begin: 8, .. }, |file| {
        file.tensor(NAME).begin = Some(8);
    });
    refused!(Reason::TensorEnds { .. }, |file| {
        file.tensor(NAME).begin = Some(u64::MAX - 31);
    });
    refused!(Reason::TensorEnds { .. }, |file| {
        file.tensor(NAME).shape = vec![32, 1 << 20];
    });
    refused!(Reason::Overlap { .. }, |file| file.tensor(NAME).begin = Some(0));
    refused!(Reason::TooMuch { .. }, |file| {
        file.tensors.push(Tensor::new(&"t".repeat(257), F32, &[1]));
    });
}

#[test]
fn the_quantization_is_stated_or_the_largest_part() {
    let stated = |number| {
        facts(|file| {
            file.set("general.file_type", Value::U32(number));
        })
        .quantization
    };
    assert_eq!(stated(15), "Q4_K_M");
    assert_eq!(stated(999), "Q4_0");
    let unstated = facts(|file| {
        file.remove("general.file_type");
    });
    assert_eq!(unstated.quantization, "Q4_0");
}

#[test]
fn a_chat_template_is_a_text_with_something_in_it() {
    let has = |value| {
        facts(|file| {
            file.set("tokenizer.chat_template", value);
        })
        .has_chat_template
    };
    assert!(has(Value::Text("{{ x }}")));
    assert!(!has(Value::Text("  ")));
    // Longer than what is kept.
    let mut long = 5000_u64.to_le_bytes().to_vec();
    long.resize(5008, b'x');
    assert!(has(Value::Raw(8, long)));
    let none = facts(|file| {
        file.remove("tokenizer.chat_template");
    });
    assert!(!none.has_chat_template);
}

#[test]
fn messages_show_no_control_characters() {
    let refusal = refusal(|file| {
        file.set("general.architecture", Value::Text("\u{1b}[2Jx\ny"));
    });
    let message = Error::from(refusal).message;
    assert!(!message.contains(char::is_control), "{message:?}");
}
