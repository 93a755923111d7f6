//! What the engine could not load is refused before it tries.

use crate::file::{F16, File, Q4_0, Tensor, Value};
use crate::gguf::{facts, refusal, refused};
use nopenai_domain::{Code, Error};
use nopenai_models::gguf::Reason;

#[test]
fn architectures_the_engine_does_not_run_are_named() {
    for name in ["gemma3", "lfm2", "LLaMA", "clip", ""] {
        refused!(Reason::Architecture { .. }, |file| {
            file.rename(name);
        });
    }
    let error = Error::from(refusal(|file| {
        file.rename("gemma3");
    }));
    assert_eq!(error.details["architecture"], "gemma3");
    for word in ["gemma3", "llama", "qwen3moe"] {
        assert!(error.message.contains(word), "{}", error.message);
    }
}

#[test]
fn whatever_the_loader_needs_is_there() {
    for key in [
        "general.architecture",
        "llama.block_count",
        "llama.context_length",
        "llama.embedding_length",
        "llama.attention.head_count",
        "llama.attention.head_count_kv",
        "llama.attention.layer_norm_rms_epsilon",
        "llama.rope.dimension_count",
        "tokenizer.ggml.model",
        "tokenizer.ggml.tokens",
        "tokenizer.ggml.scores",
        "tokenizer.ggml.eos_token_id",
    ] {
        refused!(Reason::KeyMissing(_), |file| {
            file.remove(key);
        });
        refused!(Reason::KeyType { .. }, |file| {
            file.set(key, Value::U32s(vec![1, 2]));
        });
    }
    for name in File::llama().tensors.iter().map(|tensor| &tensor.name) {
        refused!(Reason::TensorMissing(_), |file| {
            file.tensors.retain(|tensor| tensor.name != *name);
        });
    }
    // A number of blocks no file has: refused at the first that is absent.
    refused!(Reason::TensorMissing(_), |file| {
        file.set("llama.block_count", Value::U32(u32::MAX));
    });
}

#[test]
fn numbers_the_loader_would_fail_on_are_refused() {
    for (key, number) in [
        ("llama.block_count", 0),
        ("llama.embedding_length", 0),
        ("llama.attention.head_count", 0),
        ("llama.attention.head_count", 33),
        ("llama.attention.head_count_kv", 0),
        ("llama.attention.head_count_kv", 3),
        ("llama.attention.key_length", 0),
        ("llama.attention.key_length", 1 << 20),
        ("llama.attention.value_length", 16),
        ("llama.rope.dimension_count", 0),
        ("llama.rope.dimension_count", 9),
        ("llama.context_length", 0),
        ("llama.context_length", u32::MAX),
        ("tokenizer.ggml.eos_token_id", 6),
        ("tokenizer.ggml.bos_token_id", u32::MAX),
        ("tokenizer.ggml.unknown_token_id", 6),
    ] {
        refused!(Reason::KeyRange { .. }, |file| {
            file.set(key, Value::U32(number));
        });
    }
    for epsilon in [f32::NAN, f32::INFINITY, -1.0] {
        refused!(Reason::KeyRange { .. }, |file| {
            file.set("llama.attention.layer_norm_rms_epsilon", Value::F32(epsilon));
        });
    }
    refused!(Reason::TensorShape { .. }, |file| {
        file.set("llama.embedding_length", Value::U32(64));
    });
    refused!(Reason::TensorShape { .. }, |file| {
        file.tensor("token_embd.weight").shape = vec![32, 5];
    });
}

#[test]
fn tokenizers_that_would_end_the_loader_are_refused() {
    refused!(Reason::Tokenizer(_), |file| {
        file.set("tokenizer.ggml.model", Value::Text("bert"));
    });
    refused!(Reason::KeyRange { .. }, |file| {
        file.set("tokenizer.ggml.scores", Value::F32s(vec![0.0; 5]));
    });
    refused!(Reason::KeyType { .. }, |file| {
        file.set("tokenizer.ggml.token_type", Value::U32s(vec![1; 6]));
    });
    refused!(Reason::KeyType { .. }, |file| {
        file.set("tokenizer.chat_template", Value::U32(1));
    });
    let merges = |merges: &[&str]| Value::Texts(merges.iter().map(|&m| m.to_owned()).collect());
    let bpe = |file: &mut File| {
        file.set("tokenizer.ggml.model", Value::Text("gpt2"));
        file.remove("tokenizer.ggml.scores");
    };
    refused!(Reason::KeyMissing(_), |file| bpe(file));
    refused!(Reason::Merge(1), |file| {
        bpe(file);
        file.set("tokenizer.ggml.merges", merges(&["a b", "ab"]));
    });
    facts(|file| {
        bpe(file);
        file.set("tokenizer.ggml.merges", merges(&["a b"]));
    });
}

#[test]
fn parts_of_a_model_are_refused() {
    for parts in [0, 2] {
        refused!(Reason::Split(_), |file| {
            file.set("split.count", Value::U16(parts));
        });
    }
    facts(|file| {
        file.set("split.count", Value::U16(1));
    });
}

#[test]
fn experts_are_counted() {
    let mixed = |file: &mut File, experts: u64, separate: bool| {
        file.set("llama.expert_count", Value::U32(4));
        file.set("llama.expert_used_count", Value::U32(2));
        file.tensors.retain(|tensor| !tensor.name.contains("ffn_"));
        for block in 0..2 {
            let mut add = |name: String, shape: &[u64]| {
                let name = format!("blk.{block}.{name}.weight");
                file.tensors.push(Tensor::new(&name, Q4_0, shape));
            };
            add("ffn_norm".to_owned(), &[32]);
            add("ffn_gate_inp".to_owned(), &[32, 4]);
            for part in ["ffn_gate", "ffn_up", "ffn_down"] {
                if separate {
                    (0..experts).for_each(|i| add(format!("{part}.{i}"), &[32, 32]));
                } else {
                    add(format!("{part}_exps"), &[32, 32, experts]);
                }
            }
        }
    };
    facts(|file| mixed(file, 4, false));
    facts(|file| mixed(file, 4, true));
    refused!(Reason::TensorShape { .. }, |file| mixed(file, 3, false));
    refused!(Reason::TensorMissing(_), |file| mixed(file, 3, true));
    refused!(Reason::KeyRange { .. }, |file| {
        mixed(file, 4, false);
        file.set("llama.expert_used_count", Value::U32(5));
    });
}

#[test]
fn every_architecture_has_its_own_needs() {
    facts(|file| {
        file.rename("mistral3");
    });
    facts(|file| {
        file.rename("qwen2");
    });
    refused!(Reason::TensorMissing(_), |file| {
        file.rename("qwen3");
    });
    refused!(Reason::KeyMissing(_), |file| {
        file.rename("qwen3moe");
    });
    refused!(Reason::KeyMissing(_), |file| {
        file.rename("phi3");
    });
    refused!(Reason::TensorMissing(_), |file| {
        file.rename("phi2");
    });
    refused!(Reason::KeyMissing(_), |file| {
        file.rename("starcoder2");
    });
    let phi3 = |file: &mut File, kind: u32| {
        file.rename("phi3");
        file.set("phi3.feed_forward_length", Value::U32(64));
        file.tensors.push(Tensor::new("output.weight", F16, &[32, 6]));
        for block in 0..2 {
            let name = format!("blk.{block}.attn_qkv.weight");
            file.tensors.push(Tensor::new(&name, kind, &[32, 64]));
        }
    };
    facts(|file| phi3(file, Q4_0));
    refused!(Reason::UnsupportedType { kind: "F16", .. }, |file| phi3(file, F16));
}
