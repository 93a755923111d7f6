use super::error::{Reason, Refusal, shown};
use super::reader::Reader;
use std::collections::HashSet;
use std::io::{Read, Seek};

type Result<T> = std::result::Result<T, Refusal>;

/// The largest mixture-of-experts models have some ten thousand.
const MOST_TENSORS: u64 = 65_536;
/// The format's bound is 64.
const MOST_NAME_BYTES: u64 = 256;
const MOST_DIMENSIONS: u32 = 4;

/// How numbers are stored: `bytes` hold a block of `block` numbers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub name: &'static str,
    block: u64,
    bytes: u64,
    /// Whether candle, and so mistral.rs, computes with it; llama.cpp does with
    /// all of them.
    pub is_candles: bool,
}

impl Kind {
    /// Whether the numbers are stored one by one, not quantized in blocks.
    pub fn is_plain(&self) -> bool {
        self.block == 1
    }
}

/// The types a model's tensors have, by their number in the file (candle 0.10:
/// `GgmlDType::from_u32`; llama.cpp: `ggml-common.h`), less those of
/// intermediate results.
const KINDS: [(u32, Kind); 28] = [
    candles(0, "F32", 1, 4),
    candles(1, "F16", 1, 2),
    candles(2, "Q4_0", 32, 18),
    candles(3, "Q4_1", 32, 20),
    candles(6, "Q5_0", 32, 22),
    candles(7, "Q5_1", 32, 24),
    candles(8, "Q8_0", 32, 34),
    candles(10, "Q2_K", 256, 84),
    candles(11, "Q3_K", 256, 110),
    candles(12, "Q4_K", 256, 144),
    candles(13, "Q5_K", 256, 176),
    candles(14, "Q6_K", 256, 210),
    candles(30, "BF16", 1, 2),
    kind(16, "IQ2_XXS", 256, 66),
    kind(17, "IQ2_XS", 256, 74),
    kind(18, "IQ3_XXS", 256, 98),
    kind(19, "IQ1_S", 256, 50),
    kind(20, "IQ4_NL", 32, 18),
    kind(21, "IQ3_S", 256, 110),
    kind(22, "IQ2_S", 256, 82),
    kind(23, "IQ4_XS", 256, 136),
    kind(29, "IQ1_M", 256, 56),
    kind(34, "TQ1_0", 256, 54),
    kind(35, "TQ2_0", 256, 66),
    kind(39, "MXFP4", 32, 17),
    kind(40, "NVFP4", 64, 36),
    kind(41, "Q1_0", 128, 18),
    kind(42, "Q2_0", 64, 18),
];

const fn candles(number: u32, name: &'static str, block: u64, bytes: u64) -> (u32, Kind) {
    (number, Kind { name, block, bytes, is_candles: true })
}

const fn kind(number: u32, name: &'static str, block: u64, bytes: u64) -> (u32, Kind) {
    (number, Kind { name, block, bytes, is_candles: false })
}

/// The types no weights are stored in.
const FOREIGN: [(u32, &str); 9] = [
    (4, "Q4_2"),
    (5, "Q4_3"),
    (9, "Q8_1"),
    (15, "Q8_K"),
    (24, "I8"),
    (25, "I16"),
    (26, "I32"),
    (27, "I64"),
    (28, "F64"),
];

/// A tensor as the header describes it.
#[derive(Debug)]
pub(super) struct Tensor {
    pub name: String,
    pub kind: &'static Kind,
    /// Innermost dimension first.
    pub shape: Vec<u64>,
    /// How many numbers it holds.
    pub elements: u64,
    /// What its numbers occupy.
    pub bytes: u64,
    /// Where its data begins, from the start of the data.
    begin: u64,
    /// Where the header describes it.
    pub offset: u64,
}

impl Tensor {
    /// What it occupies once the engine has loaded it on a CPU, bytes:
    /// quantized matrices stay as they are (candle 0.10, `QMatMul::from_arc`),
    /// whatever else becomes F32 (norms and biases are dequantized).
    pub fn loaded_bytes(&self) -> u64 {
        if self.kind.is_plain() || self.shape.len() == 1 {
            self.dequantized_bytes()
        } else {
            self.bytes
        }
    }

    /// What it occupies as F32, bytes.
    pub fn dequantized_bytes(&self) -> u64 {
        self.elements.saturating_mul(4)
    }

    /// A refusal: the metadata want another shape.
    pub fn misshapen(&self, expected: String) -> Refusal {
        let (tensor, shape) = (shown(&self.name), self.shape_shown());
        Refusal::at(self.offset, Reason::TensorShape { tensor, shape, expected })
    }

    /// A refusal: it can't be computed with as it is stored.
    pub fn unsupported(&self) -> Refusal {
        let (tensor, kind) = (shown(&self.name), self.kind.name);
        Refusal::at(self.offset, Reason::UnsupportedType { tensor, kind })
    }

    /// The shape in words.
    fn shape_shown(&self) -> String {
        shape_shown(&self.shape)
    }
}

fn shape_shown(shape: &[u64]) -> String {
    let words: Vec<_> = shape.iter().map(u64::to_string).collect();
    words.join(" × ")
}

/// The number of tensors, refused beyond anything in use.
pub(super) fn count<R: Read + Seek>(reader: &mut Reader<R>) -> Result<u64> {
    reader.count("The number of tensors", MOST_TENSORS)
}

/// Reads `count` descriptions and checks that their data is whole.
pub(super) fn read<R: Read + Seek>(
    reader: &mut Reader<R>,
    count: u64,
    alignment: u64,
) -> Result<Vec<Tensor>> {
    reader.section = "its table of tensors";
    let mut tensors: Vec<Tensor> = Vec::new();
    let mut names = HashSet::new();
    for _ in 0..count {
        let tensor = read_one(reader, alignment)?;
        if !names.insert(tensor.name.clone()) {
            let reason = Reason::DuplicateTensor(tensor.name);
            return Err(Refusal::at(tensor.offset, reason));
        }
        tensors.push(tensor);
    }
    check_data(&tensors, reader.position().next_multiple_of(alignment), reader.length())?;
    Ok(tensors)
}

fn read_one<R: Read + Seek>(reader: &mut Reader<R>, alignment: u64) -> Result<Tensor> {
    let offset = reader.position();
    let refuse = |reason| Err(Refusal::at(offset, reason));
    let name = reader.name("The length of a tensor's name", MOST_NAME_BYTES)?;
    let tensor = shown(&name);

    let dimensions = reader.u32()?;
    if !(1..=MOST_DIMENSIONS).contains(&dimensions) {
        let count = dimensions;
        return refuse(Reason::Dimensions { tensor, count });
    }
    let mut shape = Vec::with_capacity(dimensions as usize);
    for _ in 0..dimensions {
        shape.push(reader.u64()?);
    }

    let number = reader.u32()?;
    let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == number) else {
        return refuse(match FOREIGN.iter().find(|(known, _)| *known == number) {
            Some((_, kind)) => Reason::UnsupportedType { tensor, kind },
            None => {
                let kind = number;
                Reason::UnknownType { tensor, kind }
            }
        });
    };

    let elements = shape
        .iter()
        .try_fold(1_u64, |product, &dimension| product.checked_mul(dimension))
        .filter(|&elements| elements > 0);
    let bytes = elements.and_then(|elements| (elements / kind.block).checked_mul(kind.bytes));
    let (Some(elements), Some(bytes)) = (elements, bytes) else {
        let shape = shape_shown(&shape);
        return refuse(Reason::Shape { tensor, shape });
    };
    let row = shape.first().copied().unwrap_or_default();
    if row % kind.block != 0 {
        return refuse(Reason::Blocks { tensor, row, block: kind.block, kind: kind.name });
    }

    let begin = reader.u64()?;
    if begin % alignment != 0 {
        return refuse(Reason::Misaligned { tensor, begin, alignment });
    }
    Ok(Tensor { name, kind, shape, elements, bytes, begin, offset })
}

/// Every tensor's data lies within the file, and no two share any of it: a
/// small file can't claim a large model.
fn check_data(tensors: &[Tensor], start: u64, length: u64) -> Result<()> {
    let mut by_place: Vec<_> = tensors.iter().collect();
    by_place.sort_by_key(|tensor| tensor.begin);
    // In 128 bits, because any offset can be claimed.
    let end =
        |tensor: &Tensor| u128::from(start) + u128::from(tensor.begin) + u128::from(tensor.bytes);
    let last = by_place.iter().map(|tensor| end(tensor)).max();
    if let Some(cut) = by_place.iter().find(|tensor| end(tensor) > length.into()) {
        let missing = last.unwrap_or_default().saturating_sub(length.into());
        let reason = Reason::TensorEnds {
            tensor: shown(&cut.name),
            missing: u64::try_from(missing).unwrap_or(u64::MAX),
        };
        return Err(Refusal::at(cut.offset, reason));
    }
    for pair in by_place.windows(2) {
        let [first, second] = pair else { continue };
        if first.begin + first.bytes > second.begin {
            let reason = Reason::Overlap { first: shown(&first.name), second: shown(&second.name) };
            return Err(Refusal::at(second.offset, reason));
        }
    }
    Ok(())
}
