/// An architecture mistral.rs runs, and what its loader asks for.
pub(super) struct Architecture {
    /// The name in the file.
    pub name: &'static str,
    /// Sizes it reads, besides those every architecture has.
    pub sizes: &'static [&'static str],
    /// The key of the norms' epsilon.
    pub epsilon: &'static str,
    /// Tensors of the whole model, besides those every architecture has.
    pub tensors: &'static [&'static str],
    /// Tensors of each block.
    pub block: &'static [&'static [&'static str]],
    /// Matrices of each block that must be quantized: the loader reaches
    /// `unreachable!()` when one is not.
    pub quantized: &'static [&'static str],
    /// Whether it mixes experts.
    pub experts: Experts,
}

/// Whether an architecture mixes experts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Experts {
    /// Never.
    Never,
    /// When `expert_count` says so.
    Possible,
    /// In every block.
    Always,
}

/// The feed-forward matrices of a block without experts.
pub(super) const GATED: &[&str] = &["ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"];
/// The same with experts, without the endings.
pub(super) const EXPERTS: &[&str] = &["ffn_gate", "ffn_up", "ffn_down"];

const RMS_EPSILON: &str = "attention.layer_norm_rms_epsilon";
const NORMS: &[&str] = &["attn_norm.weight", "ffn_norm.weight"];
const ATTENTION: &[&str] =
    &["attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight"];
const HEAD_NORMS: &[&str] = &["attn_q_norm.weight", "attn_k_norm.weight"];

const LLAMA: Architecture = Architecture {
    name: "llama",
    sizes: &["rope.dimension_count"],
    epsilon: RMS_EPSILON,
    tensors: &[],
    block: &[NORMS, ATTENTION],
    quantized: &[],
    experts: Experts::Possible,
};

static ALL: [Architecture; 8] = [
    LLAMA,
    Architecture { name: "mistral3", ..LLAMA },
    Architecture {
        name: "phi2",
        sizes: &["rope.dimension_count"],
        epsilon: RMS_EPSILON,
        tensors: &["output_norm.bias", "output.weight", "output.bias"],
        block: &[
            &["attn_norm.weight", "attn_norm.bias"],
            &["attn_qkv.bias", "attn_output.bias"],
            &["ffn_up.bias", "ffn_down.bias"],
        ],
        quantized: &["attn_qkv.weight", "attn_output.weight", "ffn_up.weight", "ffn_down.weight"],
        experts: Experts::Never,
    },
    Architecture {
        name: "phi3",
        sizes: &["rope.dimension_count", "feed_forward_length", "context_length"],
        epsilon: RMS_EPSILON,
        tensors: &["output.weight"],
        block: &[NORMS],
        quantized: &["attn_qkv.weight", "attn_output.weight", "ffn_up.weight", "ffn_down.weight"],
        experts: Experts::Never,
    },
    Architecture {
        name: "starcoder2",
        sizes: &["context_length"],
        epsilon: "attention.layer_norm_epsilon",
        tensors: &["output_norm.bias", "output.weight"],
        block: &[
            NORMS,
            &["attn_norm.bias", "ffn_norm.bias"],
            &["attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_output.bias"],
            &["ffn_up.bias", "ffn_down.bias"],
        ],
        quantized: &[
            "attn_q.weight",
            "attn_k.weight",
            "attn_v.weight",
            "attn_output.weight",
            "ffn_up.weight",
            "ffn_down.weight",
        ],
        experts: Experts::Never,
    },
    Architecture {
        name: "qwen2",
        sizes: &[],
        epsilon: RMS_EPSILON,
        tensors: &[],
        block: &[NORMS, ATTENTION, GATED],
        quantized: &[],
        experts: Experts::Never,
    },
    Architecture {
        name: "qwen3",
        sizes: &[],
        epsilon: RMS_EPSILON,
        tensors: &[],
        block: &[NORMS, ATTENTION, HEAD_NORMS, GATED],
        quantized: &[],
        experts: Experts::Never,
    },
    Architecture {
        name: "qwen3moe",
        sizes: &["expert_feed_forward_length"],
        epsilon: RMS_EPSILON,
        tensors: &[],
        block: &[NORMS, ATTENTION, HEAD_NORMS],
        quantized: &[],
        experts: Experts::Always,
    },
];

/// The architecture of that name, if mistral.rs runs it.
pub(super) fn find(name: &str) -> Option<&'static Architecture> {
    ALL.iter().find(|known| known.name == name)
}

/// The names of those that run.
pub(super) fn names() -> String {
    let names: Vec<_> = ALL.iter().map(|known| known.name).collect();
    names.join(", ")
}
