//! A writer of small GGUF files, right or wrong.

/// A metadata value.
#[derive(Debug, Clone)]
pub enum Value {
    U16(u16),
    U32(u32),
    U64(u64),
    F32(f32),
    Bool(u8),
    Text(&'static str),
    Texts(Vec<String>),
    U32s(Vec<u32>),
    I32s(Vec<i32>),
    F32s(Vec<f32>),
    /// A type's number and the bytes after it.
    Raw(u32, Vec<u8>),
}

/// A tensor; its data are zeros.
#[derive(Debug, Clone)]
pub struct Tensor {
    pub name: String,
    pub kind: u32,
    pub shape: Vec<u64>,
    /// Where the header says its data begin; absent: where they do.
    pub begin: Option<u64>,
}

/// A file.
#[derive(Debug, Clone)]
pub struct File {
    pub version: u32,
    pub keys: Vec<(String, Value)>,
    pub tensors: Vec<Tensor>,
    pub alignment: usize,
    /// What the header says instead of the number of tensors and of keys.
    pub claimed: (Option<u64>, Option<u64>),
}

pub const F32: u32 = 0;
pub const F16: u32 = 1;
pub const Q4_0: u32 = 2;

impl Tensor {
    pub fn new(name: &str, kind: u32, shape: &[u64]) -> Self {
        Self { name: name.to_owned(), kind, shape: shape.to_vec(), begin: None }
    }

    fn bytes(&self) -> usize {
        let elements = self.shape.iter().copied().fold(1, u64::saturating_mul);
        let bytes = match self.kind {
            F16 => elements.saturating_mul(2),
            Q4_0 => elements / 32 * 18,
            _ => elements.saturating_mul(4),
        };
        bytes.min(1 << 16) as usize
    }
}

impl File {
    /// A whole model of two blocks that both runtimes could load.
    pub fn llama() -> Self {
        let tokens: Vec<String> =
            ["<unk>", "<s>", "</s>", "a", "b", " "].map(str::to_owned).to_vec();
        let mut file = Self {
            version: 3,
            keys: Vec::new(),
            tensors: Vec::new(),
            alignment: 32,
            claimed: (None, None),
        };
        let count = tokens.len();
        for (key, value) in [
            ("general.architecture", Value::Text("llama")),
            ("general.name", Value::Text("Tiny Llama")),
            ("general.file_type", Value::U32(2)),
            ("llama.block_count", Value::U32(2)),
            ("llama.context_length", Value::U32(128)),
            ("llama.embedding_length", Value::U32(32)),
            ("llama.feed_forward_length", Value::U32(64)),
            ("llama.attention.head_count", Value::U32(4)),
            ("llama.attention.head_count_kv", Value::U32(2)),
            ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
            ("llama.rope.dimension_count", Value::U32(8)),
            ("tokenizer.ggml.model", Value::Text("llama")),
            ("tokenizer.ggml.tokens", Value::Texts(tokens)),
            ("tokenizer.ggml.scores", Value::F32s(vec![0.0; count])),
            ("tokenizer.ggml.token_type", Value::I32s(vec![1; count])),
            ("tokenizer.ggml.bos_token_id", Value::U32(1)),
            ("tokenizer.ggml.eos_token_id", Value::U32(2)),
            ("tokenizer.chat_template", Value::Text("{{ messages }}")),
            ("some.flag", Value::Bool(1)),
        ] {
            file.set(key, value);
        }
        file.tensors = vec![
            Tensor::new("token_embd.weight", Q4_0, &[32, 6]),
            Tensor::new("output_norm.weight", F32, &[32]),
        ];
        for block in 0..2 {
            let mut add = |name: &str, kind, shape: &[u64]| {
                let name = format!("blk.{block}.{name}.weight");
                file.tensors.push(Tensor::new(&name, kind, shape));
            };
            add("attn_norm", F32, &[32]);
            add("ffn_norm", F32, &[32]);
            add("attn_q", Q4_0, &[32, 32]);
            add("attn_k", Q4_0, &[32, 16]);
            add("attn_v", Q4_0, &[32, 16]);
            add("attn_output", Q4_0, &[32, 32]);
            add("ffn_gate", Q4_0, &[32, 64]);
            add("ffn_up", Q4_0, &[32, 64]);
            add("ffn_down", Q4_0, &[64, 32]);
        }
        file
    }

    /// Sets a key, at its place if it is there.
    pub fn set(&mut self, key: &str, value: Value) -> &mut Self {
        match self.keys.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = value,
            None => self.keys.push((key.to_owned(), value)),
        }
        self
    }

    pub fn remove(&mut self, key: &str) -> &mut Self {
        self.keys.retain(|(known, _)| known != key);
        self
    }

    pub fn tensor(&mut self, name: &str) -> &mut Tensor {
        let mut tensors = self.tensors.iter_mut();
        tensors.find(|tensor| tensor.name == name).unwrap()
    }

    /// Renames the architecture, in the keys too.
    pub fn rename(&mut self, name: &'static str) -> &mut Self {
        self.set("general.architecture", Value::Text(name));
        for (key, _) in &mut self.keys {
            if let Some(rest) = key.strip_prefix("llama.") {
                *key = format!("{name}.{rest}");
            }
        }
        self
    }

    /// Where the data begin, bytes.
    pub fn header_bytes(&self) -> usize {
        self.write().1
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.write().0
    }

    fn write(&self) -> (Vec<u8>, usize) {
        let mut out = b"GGUF".to_vec();
        out.extend(self.version.to_le_bytes());
        let (tensors, keys) = self.claimed;
        out.extend(tensors.unwrap_or(self.tensors.len() as u64).to_le_bytes());
        out.extend(keys.unwrap_or(self.keys.len() as u64).to_le_bytes());
        for (key, value) in &self.keys {
            text(&mut out, key);
            value.write(&mut out);
        }
        let mut begin = 0;
        for tensor in &self.tensors {
            text(&mut out, &tensor.name);
            out.extend((tensor.shape.len() as u32).to_le_bytes());
            for dimension in &tensor.shape {
                out.extend(dimension.to_le_bytes());
            }
            out.extend(tensor.kind.to_le_bytes());
            out.extend(tensor.begin.unwrap_or(begin as u64).to_le_bytes());
            begin += tensor.bytes().next_multiple_of(self.alignment);
        }
        let start = out.len().next_multiple_of(self.alignment);
        out.resize(start + begin, 0);
        (out, start)
    }
}

impl Value {
    fn write(&self, out: &mut Vec<u8>) {
        let list = |out: &mut Vec<u8>, kind: u32, length: usize| {
            out.extend(9_u32.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend((length as u64).to_le_bytes());
        };
        let mut plain = |kind: u32, bytes: &[u8]| {
            out.extend(kind.to_le_bytes());
            out.extend(bytes);
        };
        match self {
            Self::U16(number) => plain(2, &number.to_le_bytes()),
            Self::U32(number) => plain(4, &number.to_le_bytes()),
            Self::F32(number) => plain(6, &number.to_le_bytes()),
            Self::Bool(byte) => plain(7, &[*byte]),
            Self::U64(number) => plain(10, &number.to_le_bytes()),
            Self::Raw(kind, bytes) => plain(*kind, bytes),
            Self::Text(value) => {
                plain(8, &[]);
                text(out, value);
            }
            Self::Texts(values) => {
                list(out, 8, values.len());
                values.iter().for_each(|value| text(out, value));
            }
            Self::U32s(values) => {
                list(out, 4, values.len());
                out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
            Self::I32s(values) => {
                list(out, 5, values.len());
                out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
            Self::F32s(values) => {
                list(out, 6, values.len());
                out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
        }
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}
