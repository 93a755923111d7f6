//! The header of one file: its tensors' names, types and places.

use super::error::Reason;
use crate::name::shown;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use serde::de::{self, Deserializer, IgnoredAny, IntoDeserializer, MapAccess};
use serde::de::{SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::io::{ErrorKind, Read};

/// The format's own bound of a header, bytes.
const MOST_HEADER_BYTES: u64 = 100_000_000;
/// The largest models have some ten thousand in a file.
const MOST_TENSORS: usize = 65_536;
const MOST_DIMENSIONS: usize = 8;

/// A tensor as the header describes it.
#[derive(Debug)]
pub(super) struct Tensor {
    pub name: String,
    pub kind: Dtype,
    /// Outermost dimension first.
    pub shape: Vec<usize>,
    /// How many numbers it holds.
    pub elements: u64,
    /// What its numbers occupy.
    pub bytes: u64,
}

impl Tensor {
    /// The shape in words.
    pub fn shape_shown(&self) -> String {
        let words: Vec<_> = self.shape.iter().map(usize::to_string).collect();
        words.join(" × ")
    }
}

/// Reads the header of a file of `length` bytes, and checks that its tensors
/// fill the rest of the file, one after another, each as long as its shape and
/// type say.
pub(super) fn read(mut file: impl Read, length: u64) -> Result<Vec<Tensor>, Reason> {
    const START: u64 = 8;
    let mut claimed = [0; START as usize];
    file.read_exact(&mut claimed).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => Reason::Ends { missing: START.saturating_sub(length).max(1) },
        _ => error.into(),
    })?;
    let claimed = u64::from_le_bytes(claimed);
    if claimed > MOST_HEADER_BYTES {
        let what = "The header's length";
        return Err(Reason::TooMuch { what, claimed, most: MOST_HEADER_BYTES });
    }
    // Grows with what is really there.
    let mut header = Vec::new();
    file.take(claimed).read_to_end(&mut header)?;
    let missing = claimed - header.len() as u64;
    if missing > 0 {
        return Err(Reason::Ends { missing });
    }
    place(parse(&header)?, length.saturating_sub(START + claimed))
}

/// Checks the places of `described` within the `data` bytes after the header.
fn place(mut described: Vec<(String, TensorInfo)>, data: u64) -> Result<Vec<Tensor>, Reason> {
    described.sort_by_key(|(_, info)| info.data_offsets);
    let tensors = described
        .iter()
        .map(|(name, info)| {
            let (begin, end) = info.data_offsets;
            let elements = info
                .shape
                .iter()
                .fold(1, |product: u64, &dimension| product.saturating_mul(dimension as u64));
            Tensor {
                name: name.clone(),
                kind: info.dtype,
                shape: info.shape.clone(),
                elements,
                bytes: end.saturating_sub(begin) as u64,
            }
        })
        .collect();
    let end = described.iter().map(|(_, info)| info.data_offsets.1 as u64).max().unwrap_or(0);
    // The library's own rules, as the engine applies them when it loads.
    Metadata::new(None, described).map_err(|error| Reason::Layout(shown(&error.to_string())))?;
    match end.cmp(&data) {
        std::cmp::Ordering::Greater => Err(Reason::Ends { missing: end - data }),
        std::cmp::Ordering::Less => Err(Reason::Longer(data - end)),
        std::cmp::Ordering::Equal => Ok(tensors),
    }
}

/// Not by the library's own `Metadata`: it would take memory many times the
/// header's size before it refused one, and let a name occur twice.
fn parse(header: &[u8]) -> Result<Vec<(String, TensorInfo)>, Reason> {
    let mut json = serde_json::Deserializer::from_slice(header);
    let mut reason = None;
    let parsed = json.deserialize_map(Tensors { reason: &mut reason });
    let parsed = parsed.and_then(|tensors| json.end().map(|()| tensors));
    parsed.map_err(|error| reason.unwrap_or_else(|| Reason::Json(shown(&error.to_string()))))
}

/// Reads the header's map. A reason of ours comes out beside the error of the
/// parser, which can't carry it.
struct Tensors<'a> {
    reason: &'a mut Option<Reason>,
}

impl Tensors<'_> {
    fn refuse<E: de::Error>(&mut self, reason: Reason) -> E {
        *self.reason = Some(reason);
        E::custom("refused")
    }
}

impl<'de> Visitor<'de> for Tensors<'_> {
    type Value = Vec<(String, TensorInfo)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tensors = Vec::new();
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if tensors.len() == MOST_TENSORS {
                let claimed = MOST_TENSORS as u64 + 1;
                let most = MOST_TENSORS as u64;
                let what = "The number of tensors";
                return Err(self.refuse(Reason::TooMuch { what, claimed, most }));
            }
            let described = map.next_value::<Described>()?;
            let kind: Result<Dtype, de::value::Error> =
                de::Deserialize::deserialize(described.dtype.as_str().into_deserializer());
            let Ok(dtype) = kind else {
                let (tensor, kind) = (shown(&name), shown(&described.dtype));
                return Err(self.refuse(Reason::UnknownType { tensor, kind }));
            };
            if !is_runnable(dtype) {
                let (tensor, kind) = (shown(&name), dtype.to_string());
                return Err(self.refuse(Reason::UnsupportedType { tensor, kind }));
            }
            if !names.insert(name.clone()) {
                return Err(self.refuse(Reason::DuplicateTensor(shown(&name))));
            }
            let Described { shape: Shape(shape), data_offsets, .. } = described;
            tensors.push((name, TensorInfo { dtype, shape, data_offsets }));
        }
        Ok(tensors)
    }
}

/// The types the engine loads (mistralrs-quant 0.8.1, `safetensors.rs`).
fn is_runnable(kind: Dtype) -> bool {
    !matches!(kind, Dtype::BOOL | Dtype::I8 | Dtype::F8_E5M2 | Dtype::U64 | Dtype::C64)
}

#[derive(serde::Deserialize)]
struct Described {
    dtype: String,
    shape: Shape,
    data_offsets: (usize, usize),
}

/// A shape of at most [`MOST_DIMENSIONS`].
struct Shape(Vec<usize>);

impl<'de> de::Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ShapeVisitor).map(Self)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Vec<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MOST_DIMENSIONS} dimensions")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut shape = Vec::new();
        while let Some(dimension) = sequence.next_element()? {
            if shape.len() == MOST_DIMENSIONS {
                return Err(de::Error::invalid_length(MOST_DIMENSIONS + 1, &self));
            }
            shape.push(dimension);
        }
        Ok(shape)
    }
}
