//! Models as they should not be: what their files say is changed, then perhaps
//! some bytes of them.

use crate::file::{self, File, Value};
use crate::folder::{self, Folder};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use std::path::Path;
use std::{fmt, fs};

/// A change to what a model says.
struct Change<T>(Box<dyn Fn(&mut T)>);

impl<T> Change<T> {
    fn new(change: impl Fn(&mut T) + 'static) -> Self {
        Self(Box::new(change))
    }
}

impl<T> fmt::Debug for Change<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Change")
    }
}

/// The place of `list` at `at`, where it has any.
fn place<'a, T>(list: &'a mut [T], at: &Index) -> Option<&'a mut T> {
    (!list.is_empty()).then(|| at.get_mut(list))
}

fn leave_out<T>(list: &mut Vec<T>, at: &Index) {
    if !list.is_empty() {
        list.remove(at.index(list.len()));
    }
}

fn repeat<T: Clone>(list: &mut Vec<T>, at: &Index) {
    if let Some(item) = place(list, at).cloned() {
        list.push(item);
    }
}

/// One way to damage bytes.
#[derive(Debug, Clone)]
pub enum Damage {
    Set(usize, u8),
    Number(usize, u64),
    Cut(usize),
    Copy(usize, usize, usize),
    Insert(usize, Vec<u8>),
}

impl Damage {
    pub fn apply(&self, bytes: &mut Vec<u8>) {
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

/// Numbers at which programs break.
fn telling() -> impl Strategy<Value = u64> + Clone {
    select(vec![
        0,
        1,
        2,
        3,
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
    ])
}

/// Damage within the first `header` bytes, or to where the file ends.
pub fn damage(header: usize) -> impl Strategy<Value = Damage> {
    prop_oneof![
        (0..header, any::<u8>()).prop_map(|(at, value)| Damage::Set(at, value)),
        (0..header, telling()).prop_map(|(at, number)| Damage::Number(at, number)),
        (0..2 * header).prop_map(Damage::Cut),
        (0..header, 0..header, 1..64_usize).prop_map(|(a, b, n)| Damage::Copy(a, b, n)),
        (0..header, prop::collection::vec(any::<u8>(), 1..32))
            .prop_map(|(at, new)| Damage::Insert(at, new)),
    ]
}

/// Another value for a key of a GGUF file.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        telling().prop_map(|number| Value::U32(number as u32)),
        telling().prop_map(Value::U64),
        select(vec![0.0, -1.0, 1e-9, 1e9, f32::NAN, f32::INFINITY]).prop_map(Value::F32),
        any::<u8>().prop_map(Value::Bool),
        select(vec!["", "llama", "qwen2", "gpt2", "bert", "{% for %}", "\u{0}", "\u{202e}x"])
            .prop_map(Value::Text),
        prop::collection::vec(any::<u32>(), 0..6).prop_map(Value::U32s),
        prop::collection::vec(any::<i32>(), 0..6).prop_map(Value::I32s),
        prop::collection::vec("\\PC{0,4}", 0..9).prop_map(Value::Texts),
        (0..16_u32, telling()).prop_map(|(kind, length)| {
            let mut bytes = kind.to_le_bytes().to_vec();
            bytes.extend(length.to_le_bytes());
            Value::Raw(9, bytes)
        }),
    ]
}

fn shape() -> impl Strategy<Value = Vec<u64>> {
    let small = prop::collection::vec(0..70_u64, 0..5);
    prop_oneof![2 => small, 1 => prop::collection::vec(telling(), 1..5)]
}

/// One way to change what a GGUF file says.
fn file_change() -> BoxedStrategy<Change<File>> {
    fn of_key(change: impl Fn(&mut (String, Value)) + 'static, at: Index) -> Change<File> {
        Change::new(move |file: &mut File| {
            if let Some(key) = place(&mut file.keys, &at) {
                change(key);
            }
        })
    }
    fn of_tensor(change: impl Fn(&mut file::Tensor) + 'static, at: Index) -> Change<File> {
        Change::new(move |file: &mut File| {
            if let Some(tensor) = place(&mut file.tensors, &at) {
                change(tensor);
            }
        })
    }
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), value()).prop_map(|(at, value)| of_key(move |key| key.1 = value.clone(), at)),
        1 => (at(), "[a-z._]{0,20}").prop_map(|(at, name)| of_key(move |key| key.0.clone_from(&name), at)),
        1 => at().prop_map(|at| Change::new(move |file: &mut File| leave_out(&mut file.keys, &at))),
        1 => at().prop_map(|at| Change::new(move |file: &mut File| repeat(&mut file.keys, &at))),
        2 => (at(), 0..40_u32).prop_map(|(at, kind)| of_tensor(move |tensor| tensor.kind = kind, at)),
        3 => (at(), shape())
            .prop_map(|(at, shape)| of_tensor(move |tensor| tensor.shape.clone_from(&shape), at)),
        1 => (at(), telling())
            .prop_map(|(at, begin)| of_tensor(move |tensor| tensor.begin = Some(begin), at)),
        1 => (at(), "\\PC{0,70}")
            .prop_map(|(at, name)| of_tensor(move |tensor| tensor.name.clone_from(&name), at)),
        1 => at().prop_map(|at| Change::new(move |file: &mut File| leave_out(&mut file.tensors, &at))),
        1 => at().prop_map(|at| Change::new(move |file: &mut File| repeat(&mut file.tensors, &at))),
        1 => telling().prop_map(|count| Change::new(move |file: &mut File| file.claimed.0 = Some(count))),
        1 => telling().prop_map(|count| Change::new(move |file: &mut File| file.claimed.1 = Some(count))),
        1 => telling()
            .prop_map(|version| Change::new(move |file: &mut File| file.version = version as u32)),
        1 => select(vec![1, 8, 64, 256]).prop_map(|width| Change::new(move |file: &mut File| {
            file.alignment = width;
            file.set("general.alignment", Value::U32(width as u32));
        })),
    ]
    .boxed()
}

/// A damaged GGUF file.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let header = File::llama().header_bytes();
    let bytes = prop_oneof![3 => 0..1_usize, 1 => 1..4_usize]
        .prop_flat_map(move |count| prop::collection::vec(damage(header), count));
    (prop::collection::vec(file_change(), 0..4), bytes).prop_map(|(changes, damages)| {
        let mut file = File::llama();
        changes.iter().for_each(|change| change.0(&mut file));
        let mut bytes = file.bytes();
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        bytes
    })
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        telling().prop_map(|number| json!(number)),
        select(vec![
            json!(null),
            json!(true),
            json!("x"),
            json!([]),
            json!({}),
            json!(-1),
            json!(0.5)
        ]),
    ]
}

/// One way to change what a folder of safetensors says.
fn folder_change() -> BoxedStrategy<Change<Folder>> {
    fn of_field(
        change: impl Fn(&mut serde_json::Map<String, serde_json::Value>, &str) + 'static,
        at: Index,
    ) -> Change<Folder> {
        Change::new(move |folder: &mut Folder| {
            let Some(fields) = folder.config.as_object_mut() else { return };
            let mut keys: Vec<String> = fields.keys().cloned().collect();
            if let Some(key) = place(&mut keys, &at) {
                change(fields, key);
            }
        })
    }
    fn of_tensor(change: impl Fn(&mut folder::Tensor) + 'static, at: Index) -> Change<Folder> {
        Change::new(move |folder: &mut Folder| {
            if let Some(tensor) = place(&mut folder.tensors, &at) {
                change(tensor);
            }
        })
    }
    let at = any::<Index>;
    let kinds = select(vec!["F16", "F32", "BF16", "I64", "U8", "F8_E4M3", "X", ""]);
    prop_oneof![
        4 => (at(), json_value()).prop_map(|(at, value)| of_field(
            move |fields, key| drop(fields.insert(key.to_owned(), value.clone())),
            at,
        )),
        1 => at().prop_map(|at| of_field(|fields, key| drop(fields.remove(key)), at)),
        1 => json_value().prop_map(|value| Change::new(move |folder: &mut Folder| {
            folder.config = value.clone();
        })),
        1 => json_value().prop_map(|value| Change::new(move |folder: &mut Folder| {
            folder.tokenizer = value.clone();
        })),
        1 => (at(), kinds).prop_map(|(at, kind)| of_tensor(move |tensor| tensor.kind = kind, at)),
        3 => (at(), prop::collection::vec(0..200_usize, 0..4))
            .prop_map(|(at, shape)| of_tensor(move |tensor| tensor.shape.clone_from(&shape), at)),
        1 => (at(), "\\PC{0,40}")
            .prop_map(|(at, name)| of_tensor(move |tensor| tensor.name.clone_from(&name), at)),
        1 => at().prop_map(|at| Change::new(move |folder: &mut Folder| {
            leave_out(&mut folder.tensors, &at);
        })),
        1 => damage(600).prop_map(|damage| Change::new(move |folder: &mut Folder| {
            let mut bytes = folder.weights();
            damage.apply(&mut bytes);
            folder.others.push((folder.weights, bytes));
        })),
    ]
    .boxed()
}

/// A damaged folder of safetensors.
fn folder() -> impl Strategy<Value = Folder> {
    prop::collection::vec(folder_change(), 0..4).prop_map(|changes| {
        let mut folder = Folder::llama();
        changes.iter().for_each(|change| change.0(&mut folder));
        folder
    })
}

/// A damaged model: a file, or a folder.
#[derive(Debug)]
pub enum Model {
    File(Vec<u8>),
    Folder(Folder),
}

impl Model {
    /// Writes it to `place`, where nothing is yet.
    pub fn write(&self, place: &Path) {
        match self {
            Self::File(bytes) => fs::write(place, bytes).unwrap(),
            Self::Folder(folder) => folder.write(place),
        }
    }
}

/// Damaged models, files and folders by turns: always the same ones.
pub fn models() -> impl Iterator<Item = Model> {
    let mut runner = TestRunner::deterministic();
    (0..).map(move |number| {
        if number % 2 == 0 {
            Model::File(file().new_tree(&mut runner).unwrap().current())
        } else {
            Model::Folder(folder().new_tree(&mut runner).unwrap().current())
        }
    })
}
