use super::error::{Reason, Refusal, shown};
use super::reader::Reader;
use std::collections::HashMap;
use std::io::{Read, Seek};

type Result<T> = std::result::Result<T, Refusal>;

/// Files in use have fewer than a hundred keys.
const MOST_KEYS: u64 = 4096;
/// The format's own bound.
const MOST_KEY_BYTES: u64 = 64 << 10;
/// The longest text value; chat templates reach some 30 KiB.
const MOST_TEXT_BYTES: u64 = 4 << 20;
/// Longer texts are skipped and only their presence is known.
const KEPT_TEXT_BYTES: u64 = 1 << 10;
/// The one text that is kept although it is long.
pub(super) const CHAT_TEMPLATE: &str = "tokenizer.chat_template";
/// How long that may be.
const KEPT_TEMPLATE_BYTES: u64 = 64 << 10;
/// Elements of all arrays together. The engine keeps 32 bytes for each, and the
/// largest vocabularies have about a million tokens, types, scores and merges.
const MOST_ELEMENTS: u64 = 8 << 20;
/// How deep arrays lie within arrays.
const MOST_NESTING: u32 = 4;
/// The tokenizer's merge rules, each of which must be a pair.
const MERGES: &str = "tokenizer.ggml.merges";

/// The type of a metadata value, as numbered in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    Text,
    Array,
    U64,
    I64,
    F64,
}

impl Kind {
    fn from_number(number: u32) -> Option<Self> {
        use Kind::*;
        const ALL: [Kind; 13] = [U8, I8, U16, I16, U32, I32, F32, Bool, Text, Array, U64, I64, F64];
        ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// The fewest bytes one value takes.
    fn least_bytes(self) -> u64 {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 | Self::Text => 8,
            Self::Array => 12,
        }
    }
}

/// A metadata value, as far as inspection needs it.
#[derive(Debug)]
pub(super) enum Value {
    Unsigned(u64),
    Float(f64),
    /// A text; absent when it is too long to keep or not UTF-8.
    Text(Option<String>),
    Array {
        of: Kind,
        length: u64,
    },
    /// A signed number or a boolean, which nothing asks for.
    Other,
}

/// A value with its type and place.
#[derive(Debug)]
pub(super) struct Entry {
    pub offset: u64,
    pub kind: Kind,
    pub value: Value,
}

/// The metadata of a file.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    entries: HashMap<String, Entry>,
    /// Where the metadata ends: the place of whatever is missing in it.
    end: u64,
}

impl Metadata {
    /// Reads `count` entries.
    pub fn read<R: Read + Seek>(reader: &mut Reader<R>, count: u64) -> Result<Self> {
        reader.section = "its metadata";
        let mut entries = HashMap::new();
        let mut elements = 0;
        for _ in 0..count {
            let offset = reader.position();
            let key = reader.name("The length of a metadata key", MOST_KEY_BYTES)?;
            if entries.contains_key(&key) {
                return Err(Refusal::at(offset, Reason::DuplicateKey(shown(&key))));
            }
            let offset = reader.position();
            let kind = read_kind(reader, &key)?;
            let value = read_value(reader, &key, kind, &mut elements)?;
            entries.insert(key, Entry { offset, kind, value });
        }
        Ok(Self { entries, end: reader.position() })
    }

    /// The number of entries, refused beyond anything in use.
    pub fn count<R: Read + Seek>(reader: &mut Reader<R>) -> Result<u64> {
        reader.count("The number of metadata keys", MOST_KEYS)
    }

    /// An entry that may be absent.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// An entry that must be there.
    pub fn need(&self, key: &str) -> Result<&Entry> {
        self.get(key).ok_or_else(|| Refusal::at(self.end, Reason::KeyMissing(key.to_owned())))
    }

    /// A 32-bit unsigned number that must be there and not zero.
    pub fn size(&self, key: &str) -> Result<u64> {
        match self.need(key)? {
            Entry { kind: Kind::U32, value: Value::Unsigned(number), .. } if *number > 0 => {
                Ok(*number)
            }
            Entry { kind: Kind::U32, offset, .. } => Err(range(*offset, key, 0, "above 0")),
            entry => Err(entry.mistyped(key, "a 32-bit unsigned number")),
        }
    }

    /// A text that must be there and short enough to be a name.
    pub fn text(&self, key: &str) -> Result<&str> {
        let entry = self.need(key)?;
        match &entry.value {
            Value::Text(Some(text)) => Ok(text),
            _ => Err(entry.mistyped(key, "a short text")),
        }
    }

    /// The length of an array that must be there, of elements of type `of`.
    pub fn array(&self, key: &str, of: Kind, expected: &'static str) -> Result<u64> {
        let entry = self.need(key)?;
        match entry.value {
            Value::Array { of: found, length } if found == of => Ok(length),
            _ => Err(entry.mistyped(key, expected)),
        }
    }
}

impl Entry {
    /// A refusal: the value is of another type than the engine reads.
    pub fn mistyped(&self, key: &str, expected: &'static str) -> Refusal {
        let key = key.to_owned();
        Refusal::at(self.offset, Reason::KeyType { key, expected })
    }

    /// The value as an unsigned number, of whatever width.
    pub fn unsigned(&self, key: &str) -> Result<u64> {
        match self.value {
            Value::Unsigned(number) => Ok(number),
            _ => Err(self.mistyped(key, "an unsigned number")),
        }
    }
}

/// A refusal: a value that can't be right.
pub(super) fn range(
    offset: u64,
    key: &str,
    value: impl ToString,
    range: impl Into<String>,
) -> Refusal {
    Refusal::at(
        offset,
        Reason::KeyRange { key: key.to_owned(), value: value.to_string(), range: range.into() },
    )
}

fn read_kind<R: Read + Seek>(reader: &mut Reader<R>, key: &str) -> Result<Kind> {
    let at = reader.position();
    let found = reader.u32()?;
    Kind::from_number(found).ok_or_else(|| {
        let key = shown(key);
        Refusal::at(at, Reason::ValueType { key, found })
    })
}

fn read_value<R: Read + Seek>(
    reader: &mut Reader<R>,
    key: &str,
    kind: Kind,
    elements: &mut u64,
) -> Result<Value> {
    Ok(match kind {
        Kind::U8 => Value::Unsigned(u8::from_le_bytes(reader.bytes()?).into()),
        Kind::U16 => Value::Unsigned(u16::from_le_bytes(reader.bytes()?).into()),
        Kind::U32 => Value::Unsigned(reader.u32()?.into()),
        Kind::U64 => Value::Unsigned(reader.u64()?),
        Kind::F32 => Value::Float(f32::from_le_bytes(reader.bytes()?).into()),
        Kind::F64 => Value::Float(f64::from_le_bytes(reader.bytes()?)),
        Kind::Bool => read_bool(reader, key)?,
        Kind::I8 | Kind::I16 | Kind::I32 | Kind::I64 => {
            reader.skip(kind.least_bytes())?;
            Value::Other
        }
        Kind::Text => Value::Text(read_text(reader, key)?),
        Kind::Array => read_array(reader, key, elements, 1)?,
    })
}

fn read_bool<R: Read + Seek>(reader: &mut Reader<R>, key: &str) -> Result<Value> {
    let at = reader.position();
    match reader.bytes::<1>()? {
        [0 | 1] => Ok(Value::Other),
        [found] => {
            let key = shown(key);
            Err(Refusal::at(at, Reason::Boolean { key, found }))
        }
    }
}

fn read_text<R: Read + Seek>(reader: &mut Reader<R>, key: &str) -> Result<Option<String>> {
    let length = reader.count("The length of a metadata text", MOST_TEXT_BYTES)?;
    let kept = if key == CHAT_TEMPLATE { KEPT_TEMPLATE_BYTES } else { KEPT_TEXT_BYTES };
    if length > kept {
        reader.skip(length)?;
        return Ok(None);
    }
    // The engine takes what isn't UTF-8 too, and drops zeros at the end, so
    // neither is a reason to refuse a value; where a value matters, its absence is.
    let mut bytes = reader.keep(length)?;
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    Ok(String::from_utf8(bytes).ok())
}

/// Moves past an array: tokens, scores and merges are counted, not kept.
fn read_array<R: Read + Seek>(
    reader: &mut Reader<R>,
    key: &str,
    elements: &mut u64,
    nesting: u32,
) -> Result<Value> {
    let of = read_kind(reader, key)?;
    let at = reader.position();
    let length = reader.count("The number of an array's elements", MOST_ELEMENTS)?;
    *elements += length;
    if *elements > MOST_ELEMENTS {
        let reason = Reason::TooMuch {
            what: "The number of all arrays' elements",
            claimed: *elements,
            most: MOST_ELEMENTS,
        };
        return Err(Refusal::at(at, reason));
    }
    reader.claim(length * of.least_bytes())?;
    match of {
        Kind::Text => {
            for index in 0..length {
                let at = reader.position();
                const WHAT: &str = "The length of a text in an array";
                if key == MERGES {
                    if !reader.text_has(b' ', WHAT, MOST_TEXT_BYTES)? {
                        return Err(Refusal::at(at, Reason::Merge(index)));
                    }
                } else {
                    let bytes = reader.count(WHAT, MOST_TEXT_BYTES)?;
                    reader.skip(bytes)?;
                }
            }
        }
        Kind::Array if nesting == MOST_NESTING => {
            let reason = Reason::TooMuch {
                what: "The nesting of arrays",
                claimed: u64::from(nesting) + 1,
                most: MOST_NESTING.into(),
            };
            return Err(Refusal::at(at, reason));
        }
        Kind::Array => {
            for _ in 0..length {
                read_array(reader, key, elements, nesting + 1)?;
            }
        }
        _ => reader.skip(length * of.least_bytes())?,
    }
    Ok(Value::Array { of, length })
}
