//! The registration: every synced table, parents before children.

use super::table::{Class, Column, ColumnType, SyncedTable, by_name};

const fn text(name: &'static str, length: u16) -> Column {
    Column::new(name, ColumnType::Text(length))
}

const fn long(name: &'static str) -> Column {
    Column::new(name, ColumnType::LongText)
}

const fn integer(name: &'static str) -> Column {
    Column::new(name, ColumnType::Integer)
}

const fn flag(name: &'static str) -> Column {
    Column::new(name, ColumnType::Flag)
}

const fn real(name: &'static str) -> Column {
    Column::new(name, ColumnType::Real)
}

/// An identifier: UUID, or a shipped thing's word.
const fn id(name: &'static str) -> Column {
    text(name, 64)
}

/// A model's identifier: a path below the models folder.
const fn model(name: &'static str) -> Column {
    text(name, 1024)
}

const PLAIN: SyncedTable = SyncedTable::PLAIN;

/// Every synced table.
pub const TABLES: &[SyncedTable] = &[
    SyncedTable {
        local: "prompt_history",
        remote: "PROMPT_HISTORY",
        note: "Runs: one row per inference request.",
        columns: &[
            id("id"),
            integer("started_at"),
            model("model_id"),
            text("model_name", 1024),
            id("mode_id").or_null(),
            text("mode_name", 255).or_null(),
            flag("streamed"),
            text("outcome", 16),
            text("finish_reason", 16).or_null(),
            real("total_ms").or_null(),
            real("ttft_ms").or_null(),
            real("tokens_per_s").or_null(),
            integer("tokens_in").or_null(),
            integer("tokens_out").or_null(),
            real("cost_amount").or_null(),
            text("cost_currency", 8).or_null(),
            integer("cost_priced_at").or_null(),
            text("cache", 8).or_null(),
            text("runtime", 16).or_null(),
            integer("rating").or_null(),
            text("tags", 2000),
            long("parameters"),
            long("error").or_null(),
            long("prompt"),
            long("answer"),
            long("context").or_null(),
            long("likelihoods").or_null(),
            long("chat_template").or_null(),
        ],
        // A run under way is not for others yet; a deleted one is kept for undoing.
        live: Some("({}.outcome <> 'running' AND {}.deletion IS NULL)"),
        derived: &[
            ("prompt_start", "substr(:prompt, 1, 200)"),
            (
                "position",
                "(WITH RECURSIVE place (at) AS (SELECT :started_at UNION ALL SELECT at + 1 FROM \
                 place WHERE EXISTS (SELECT 1 FROM prompt_history WHERE position = at)) \
                 SELECT max(at) FROM place)",
            ),
        ],
        replaced: Some("deletion = NULL"),
        indexes: &[&["started_at"], &["model_id", "started_at"]],
        partitions: 4,
        ..PLAIN
    },
    SyncedTable {
        local: "mode",
        remote: "MODES",
        note: "A person's own modes, and changes to those the product ships.",
        columns: &[
            id("id"),
            text("name", 255),
            model("model_id").or_null(),
            flag("shipped"),
            long("description"),
            long("parameters"),
        ],
        ..PLAIN
    },
    SyncedTable {
        local: "model_configuration",
        remote: "MODEL_CONFIGURATIONS",
        note: "How each model is used.",
        columns: &[model("model_id"), long("configuration")],
        ..PLAIN
    },
    SyncedTable {
        local: "preset",
        remote: "PRESETS",
        note: "Named configurations.",
        columns: &[text("name", 255), long("configuration")],
        ..PLAIN
    },
    SyncedTable {
        local: "price",
        remote: "PRICES",
        note: "What tokens of a model cost from a moment on.",
        columns: &[
            model("model_id"),
            integer("valid_from"),
            text("currency", 8),
            real("input_per_1k"),
            real("output_per_1k"),
        ],
        key: 2,
        ..PLAIN
    },
    SyncedTable {
        local: "comparison",
        remote: "AB_TEST_COMPARISONS",
        class: Class::AppendOnly,
        note: "Two runs beside each other, as a person saved them.",
        columns: &[
            id("id"),
            integer("at"),
            id("run_a"),
            id("run_b"),
            model("model_a"),
            model("model_b"),
            text("winner", 8).or_null(),
            flag("overridden"),
            long("prompt"),
            long("weights"),
            long("score"),
            long("note"),
        ],
        indexes: &[&["at"]],
        ..PLAIN
    },
    SyncedTable {
        local: "prompt_set",
        remote: "PROMPT_SETS",
        note: "Prompts that are asked together.",
        columns: &[
            id("id"),
            text("name", 255),
            text("licence", 255),
            text("capability", 16).or_null(),
            flag("shipped"),
            integer("revision"),
            integer("changed_at"),
            long("description"),
        ],
        // What the product ships is everywhere already.
        live: Some("({}.shipped = 0 AND {}.deletion IS NULL)"),
        replaced: Some("deletion = NULL"),
        unique_name: Some("name"),
        outlives_deletion: true,
        ..PLAIN
    },
    SyncedTable {
        local: "prompt_set_item",
        remote: "PROMPT_SET_ITEMS",
        note: "The items of each revision of a prompt set.",
        columns: &[
            id("set_id"),
            integer("revision"),
            integer("position"),
            long("prompt"),
            long("system").or_null(),
            long("expectation").or_null(),
        ],
        key: 3,
        // A person's sets are called by a UUID, shipped ones by a word.
        live: Some("(length({}.set_id) = 36)"),
        parents: &[("set_id", "prompt_set")],
        ..PLAIN
    },
    SyncedTable {
        local: "evaluation",
        remote: "EVALUATIONS",
        class: Class::AppendOnly,
        note: "A prompt set, asked of one model.",
        columns: &[
            id("id"),
            id("set_id"),
            text("set_name", 255),
            integer("set_revision"),
            integer("items"),
            model("model_id"),
            text("model_name", 1024),
            id("mode_id").or_null(),
            text("mode_name", 255).or_null(),
            model("judge_id").or_null(),
            text("state", 16),
            integer("started_at"),
            integer("ended_at").or_null(),
            long("parameters"),
            long("problem").or_null(),
        ],
        // One that can still go on goes on where it was begun.
        live: Some("({}.state IN ('completed', 'cancelled'))"),
        parents: &[("set_id", "prompt_set")],
        indexes: &[&["started_at"], &["set_id", "started_at"]],
        ..PLAIN
    },
    SyncedTable {
        local: "evaluation_result",
        remote: "EVALUATION_RESULTS",
        class: Class::AppendOnly,
        note: "What became of each item of an evaluation.",
        columns: &[
            id("evaluation_id"),
            integer("position"),
            text("verdict", 16),
            id("run_id").or_null(),
            id("judge_run_id").or_null(),
            long("reason"),
            long("detail").or_null(),
            long("answer"),
        ],
        key: 2,
        live: Some("({}.verdict <> 'waiting')"),
        parents: &[("evaluation_id", "evaluation")],
        ..PLAIN
    },
    SyncedTable {
        local: "audit_log",
        remote: "AUDIT_LOG",
        class: Class::AppendOnly,
        note: "Who did what; one chain of hashes per workstation.",
        columns: &[
            id("workstation"),
            integer("sequence"),
            integer("at"),
            text("actor", 255),
            text("action", 64),
            text("subject_kind", 64),
            text("subject_id", 1024),
            text("previous_hash", 64),
            text("hash", 64),
            long("before").or_null(),
            long("after").or_null(),
        ],
        key: 2,
        indexes: &[&["at"]],
        ..PLAIN
    },
    SyncedTable {
        local: "inference_metric",
        remote: "INFERENCE_METRICS",
        class: Class::AppendOnly,
        note: "What runs measured.",
        columns: &[
            id("id"),
            integer("at"),
            id("workstation"),
            model("model_id"),
            text("outcome", 16),
            text("cache", 8).or_null(),
            real("total_ms").or_null(),
            real("ttft_ms").or_null(),
            real("tokens_per_s").or_null(),
            integer("tokens_in").or_null(),
            integer("tokens_out").or_null(),
        ],
        indexes: &[&["at", "model_id"]],
        partitions: 4,
        ..PLAIN
    },
    SyncedTable {
        local: "model_version",
        remote: "MODEL_VERSIONS",
        note: "Governed states of models.",
        columns: &[
            id("id"),
            text("family", 255),
            integer("version"),
            model("model_id"),
            text("sha256", 64).or_null(),
            text("status", 16),
            integer("created_at"),
            text("created_by", 255),
            integer("changed_at"),
            long("notes"),
        ],
        indexes: &[&["family", "version"]],
        ..PLAIN
    },
    SyncedTable {
        local: "model_deployment",
        remote: "MODEL_DEPLOYMENTS",
        class: Class::AppendOnly,
        note: "How versions became what they are.",
        columns: &[
            id("id"),
            id("version_id"),
            integer("at"),
            text("actor", 255),
            text("from_status", 16),
            text("to_status", 16),
            long("notes"),
        ],
        indexes: &[&["version_id", "at"]],
        ..PLAIN
    },
    SyncedTable {
        local: "sync_conflict",
        remote: "SYNC_CONFLICTS",
        note: "Versions that did not prevail, until a person has looked at them.",
        columns: &[
            text("table_name", 64),
            text("row_key", 2048),
            integer("clock"),
            id("workstation"),
            integer("winner_clock"),
            id("winner_workstation"),
            integer("at"),
            flag("resolved"),
            long("row").or_null(),
        ],
        key: 4,
        ..PLAIN
    },
];

/// The synced table of a local name.
pub fn table(local: &str) -> Option<&'static SyncedTable> {
    by_name(TABLES, local)
}
