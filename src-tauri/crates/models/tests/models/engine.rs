//! What no runtime could load is refused before one tries.

use crate::file::{F16, File, Q4_0, Tensor, Value};
use crate::gguf::{facts, refusal, refused};
use nopenai_domain::{Code, Error, Runtime};
use nopenai_models::gguf::Reason;

#[test]
fn architectures_nobody_runs_are_named() {
    for name in ["LLaMA", "clip", "bert", "t5", ""] {
        refused!(Reason::Architecture { .. }, |file| {
            file.rename(name);
        });
    }
    let error = Error::from(refusal(|file| {
        file.rename("clip");
    }));
    assert_eq!(error.details["architecture"], "clip");
    for word in ["clip", "mistral.rs: llama", "qwen3moe", "llama.cpp", "lfm2"] {
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
        "llama.attention.layer_norm_rms_epsilon",
        "tokenizer.ggml.model",
        "tokenizer.ggml.tokens",
    ] {
        refused!(Reason::KeyMissing(_), |file| {
            file.remove(key);
        });
        refused!(Reason::KeyType { .. }, |file| {
            file.set(key, Value::U32s(vec![1, 2]));
        });
    }
    // These llama.cpp does without.
    for key in [
        "llama.attention.head_count_kv",
        "llama.rope.dimension_count",
        "tokenizer.ggml.scores",
        "tokenizer.ggml.eos_token_id",
    ] {
        let facts = facts(|file| {
            file.remove(key);
        });
        assert_eq!(facts.runtimes, [Runtime::LlamaCpp], "{key}");
        refused!(Reason::KeyType { .. } | Reason::KeyRange { .. }, |file| {
            file.set(key, Value::Text("two"));
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
    for name in ["qwen3", "phi2", "gemma3"] {
        refused!(Reason::TensorMissing(_), |file| {
            file.rename(name);
        });
    }
    for name in ["qwen3moe", "starcoder2"] {
        refused!(Reason::KeyMissing(_), |file| {
            file.rename(name);
        });
    }
    let phi3 = |file: &mut File, kind: u32| {
        file.rename("phi3");
        file.tensors.push(Tensor::new("output.weight", F16, &[32, 6]));
        for block in 0..2 {
            let name = format!("blk.{block}.attn_qkv.weight");
            file.tensors.push(Tensor::new(&name, kind, &[32, 64]));
        }
    };
    assert_eq!(facts(|file| phi3(file, Q4_0)).runtimes, Runtime::ALL);
    assert_eq!(facts(|file| phi3(file, F16)).runtimes, [Runtime::LlamaCpp]);
}

#[test]
fn what_only_llama_cpp_runs_passes_for_it_alone() {
    const IQ4_XS: u32 = 23;
    let alone = |change: &dyn Fn(&mut File)| {
        assert_eq!(facts(change).runtimes, [Runtime::LlamaCpp]);
    };
    alone(&|file| {
        for tensor in &mut file.tensors {
            if tensor.shape.len() == 2 {
                tensor.shape[0] = 256;
            }
        }
        file.set("llama.embedding_length", Value::U32(256));
        file.tensor("blk.0.attn_q.weight").kind = IQ4_XS;
    });
    alone(&|file| {
        file.rename("gemma2");
        for block in 0..2 {
            for part in ["post_attention_norm", "post_ffw_norm"] {
                let name = format!("blk.{block}.{part}.weight");
                file.tensors.push(Tensor::new(&name, F16, &[32]));
            }
        }
    });
    // Heads that differ from block to block, of which no estimate can be made.
    let facts = facts(|file| {
        file.rename("lfm2");
        file.set("lfm2.attention.head_count_kv", Value::U32s(vec![0, 2]));
    });
    assert_eq!((&facts.runtimes[..], facts.kv_heads), (&[Runtime::LlamaCpp][..], None));
}

#[test]
fn what_llama_cpp_would_abort_on_is_refused() {
    fn gemma(change: &dyn Fn(&mut File)) -> impl FnOnce(&mut File) {
        move |file| {
            file.rename("gemma");
            change(file);
        }
    }
    for (key, value) in [
        ("gemma.block_count", Value::U32(513)),
        ("gemma.context_length", Value::U32(u32::MAX)),
        ("gemma.attention.head_count", Value::U32(33)),
        ("gemma.attention.head_count_kv", Value::U32(3)),
        ("gemma.attention.head_count_kv", Value::U32s(vec![1; 3])),
        ("gemma.attention.key_length", Value::U32(1 << 20)),
        ("gemma.attention.value_length", Value::U32(16)),
        ("gemma.rope.dimension_count", Value::U32(9)),
        ("gemma.feed_forward_length", Value::U32(0)),
        ("gemma.expert_used_count", Value::U32(1)),
        ("tokenizer.ggml.bos_token_id", Value::U32(6)),
        ("tokenizer.ggml.scores", Value::F32s(vec![0.0; 5])),
        ("tokenizer.ggml.token_type", Value::I32s(vec![1; 7])),
    ] {
        refused!(
            Reason::KeyRange { .. },
            gemma(&|file| {
                file.set(key, value.clone());
            })
        );
    }
    refused!(
        Reason::Split(2),
        gemma(&|file| {
            file.set("split.count", Value::U16(2));
        })
    );
    refused!(
        Reason::Tokenizer(_),
        gemma(&|file| {
            file.set("tokenizer.ggml.model", Value::Text("none"));
        })
    );
    refused!(
        Reason::TensorShape { .. },
        gemma(&|file| {
            file.tensor("token_embd.weight").shape = vec![32, 7];
        })
    );
    refused!(Reason::TensorMissing(_), |file| {
        file.rename("olmo");
        file.set("olmo.block_count", Value::U32(3));
    });
}
