-- The team's tables. {schema} stands for the schema. A table's class is that of its
-- registration (nopenai_store::sync::TABLES), which this text is made from.

-- The sync's own.
CREATE TABLE IF NOT EXISTS "{schema}"."schema_version" (
    "version" BIGINT NOT NULL,
    "at" BIGINT NOT NULL,
    "application" VARCHAR(64) NOT NULL,
    PRIMARY KEY ("version")
);
COMMENT ON TABLE "{schema}"."schema_version" IS 'Which versions of the schema were deployed.';
CREATE TABLE IF NOT EXISTS "{schema}"."sync_head" (
    "id" BIGINT NOT NULL,
    "last_number" BIGINT NOT NULL,
    "server_id" VARCHAR(64) NOT NULL,
    "epoch" VARCHAR(64) NOT NULL,
    "horizon" BIGINT NOT NULL,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE "{schema}"."sync_head" IS 'One row: who writes locks it, so that numbers are in the order of commits.';
CREATE TABLE IF NOT EXISTS "{schema}"."sync_commits" (
    "commit_number" BIGINT NOT NULL,
    "token" VARCHAR(64) NOT NULL,
    "workstation" VARCHAR(64) NOT NULL,
    "at" BIGINT NOT NULL,
    PRIMARY KEY ("commit_number")
);
COMMENT ON TABLE "{schema}"."sync_commits" IS 'Every commit; a restored server is known by a token that is another.';
CREATE TABLE IF NOT EXISTS "{schema}"."sync_tombstones" (
    "table_name" VARCHAR(64) NOT NULL,
    "row_key" VARCHAR(2500) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    PRIMARY KEY ("table_name", "row_key")
);
COMMENT ON TABLE "{schema}"."sync_tombstones" IS 'Deletions, until they are forgotten.';
CREATE INDEX IF NOT EXISTS "sync_tombstones_by_sync_number" ON "{schema}"."sync_tombstones" ("sync_number");

-- Class: Shared.
CREATE TABLE IF NOT EXISTS "{schema}"."prompt_history" (
    "id" VARCHAR(64) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "started_at" BIGINT NOT NULL,
    "model_id" VARCHAR(1024) NOT NULL,
    "model_name" VARCHAR(1024) NOT NULL,
    "mode_id" VARCHAR(64),
    "mode_name" VARCHAR(255),
    "streamed" SMALLINT NOT NULL,
    "outcome" VARCHAR(16) NOT NULL,
    "finish_reason" VARCHAR(16),
    "total_ms" DOUBLE PRECISION,
    "ttft_ms" DOUBLE PRECISION,
    "tokens_per_s" DOUBLE PRECISION,
    "tokens_in" BIGINT,
    "tokens_out" BIGINT,
    "cost_amount" DOUBLE PRECISION,
    "cost_currency" VARCHAR(8),
    "cost_priced_at" BIGINT,
    "cache" VARCHAR(8),
    "runtime" VARCHAR(16),
    "rating" BIGINT,
    "tags" VARCHAR(2000) NOT NULL,
    "parameters" TEXT NOT NULL,
    "error" TEXT,
    "prompt" TEXT NOT NULL,
    "answer" TEXT NOT NULL,
    "context" TEXT,
    "likelihoods" TEXT,
    "chat_template" TEXT,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE "{schema}"."prompt_history" IS 'Runs: one row per inference request.';
CREATE INDEX IF NOT EXISTS "prompt_history_by_sync_number" ON "{schema}"."prompt_history" ("sync_number");
CREATE INDEX IF NOT EXISTS "prompt_history_by_started_at" ON "{schema}"."prompt_history" ("started_at");
CREATE INDEX IF NOT EXISTS "prompt_history_by_model_id_started_at" ON "{schema}"."prompt_history" ("model_id", "started_at");

-- Class: Shared.
CREATE TABLE IF NOT EXISTS "{schema}"."modes" (
    "id" VARCHAR(64) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "name" VARCHAR(255) NOT NULL,
    "model_id" VARCHAR(1024),
    "shipped" SMALLINT NOT NULL,
    "description" TEXT NOT NULL,
    "parameters" TEXT NOT NULL,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE "{schema}"."modes" IS 'A person''s own modes, and changes to those the product ships.';
CREATE INDEX IF NOT EXISTS "modes_by_sync_number" ON "{schema}"."modes" ("sync_number");

-- Class: Shared.
CREATE TABLE IF NOT EXISTS "{schema}"."model_configurations" (
    "model_id" VARCHAR(1024) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "configuration" TEXT NOT NULL,
    PRIMARY KEY ("model_id")
);
COMMENT ON TABLE "{schema}"."model_configurations" IS 'How each model is used.';
CREATE INDEX IF NOT EXISTS "model_configurations_by_sync_number" ON "{schema}"."model_configurations" ("sync_number");

-- Class: Shared.
CREATE TABLE IF NOT EXISTS "{schema}"."presets" (
    "name" VARCHAR(255) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "configuration" TEXT NOT NULL,
    PRIMARY KEY ("name")
);
COMMENT ON TABLE "{schema}"."presets" IS 'Named configurations.';
CREATE INDEX IF NOT EXISTS "presets_by_sync_number" ON "{schema}"."presets" ("sync_number");

-- Class: Shared.
CREATE TABLE IF NOT EXISTS "{schema}"."prices" (
    "model_id" VARCHAR(1024) NOT NULL,
    "valid_from" BIGINT NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "currency" VARCHAR(8) NOT NULL,
    "input_per_1k" DOUBLE PRECISION NOT NULL,
    "output_per_1k" DOUBLE PRECISION NOT NULL,
    PRIMARY KEY ("model_id", "valid_from")
);
COMMENT ON TABLE "{schema}"."prices" IS 'What tokens of a model cost from a moment on.';
CREATE INDEX IF NOT EXISTS "prices_by_sync_number" ON "{schema}"."prices" ("sync_number");

-- Class: AppendOnly.
CREATE TABLE IF NOT EXISTS "{schema}"."ab_test_comparisons" (
    "id" VARCHAR(64) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "at" BIGINT NOT NULL,
    "run_a" VARCHAR(64) NOT NULL,
    "run_b" VARCHAR(64) NOT NULL,
    "model_a" VARCHAR(1024) NOT NULL,
    "model_b" VARCHAR(1024) NOT NULL,
    "winner" VARCHAR(8),
    "overridden" SMALLINT NOT NULL,
    "prompt" TEXT NOT NULL,
    "weights" TEXT NOT NULL,
    "score" TEXT NOT NULL,
    "note" TEXT NOT NULL,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE "{schema}"."ab_test_comparisons" IS 'Two runs beside each other, as a person saved them.';
CREATE INDEX IF NOT EXISTS "ab_test_comparisons_by_sync_number" ON "{schema}"."ab_test_comparisons" ("sync_number");
CREATE INDEX IF NOT EXISTS "ab_test_comparisons_by_at" ON "{schema}"."ab_test_comparisons" ("at");

-- Class: Shared.
CREATE TABLE IF NOT EXISTS "{schema}"."prompt_sets" (
    "id" VARCHAR(64) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "name" VARCHAR(255) NOT NULL,
    "licence" VARCHAR(255) NOT NULL,
    "capability" VARCHAR(16),
    "shipped" SMALLINT NOT NULL,
    "revision" BIGINT NOT NULL,
    "changed_at" BIGINT NOT NULL,
    "description" TEXT NOT NULL,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE "{schema}"."prompt_sets" IS 'Prompts that are asked together.';
CREATE INDEX IF NOT EXISTS "prompt_sets_by_sync_number" ON "{schema}"."prompt_sets" ("sync_number");

-- Class: Shared.
CREATE TABLE IF NOT EXISTS "{schema}"."prompt_set_items" (
    "set_id" VARCHAR(64) NOT NULL,
    "revision" BIGINT NOT NULL,
    "position" BIGINT NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "prompt" TEXT NOT NULL,
    "system" TEXT,
    "expectation" TEXT,
    PRIMARY KEY ("set_id", "revision", "position")
);
COMMENT ON TABLE "{schema}"."prompt_set_items" IS 'The items of each revision of a prompt set.';
CREATE INDEX IF NOT EXISTS "prompt_set_items_by_sync_number" ON "{schema}"."prompt_set_items" ("sync_number");

-- Class: AppendOnly.
CREATE TABLE IF NOT EXISTS "{schema}"."evaluations" (
    "id" VARCHAR(64) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "set_id" VARCHAR(64) NOT NULL,
    "set_name" VARCHAR(255) NOT NULL,
    "set_revision" BIGINT NOT NULL,
    "items" BIGINT NOT NULL,
    "model_id" VARCHAR(1024) NOT NULL,
    "model_name" VARCHAR(1024) NOT NULL,
    "mode_id" VARCHAR(64),
    "mode_name" VARCHAR(255),
    "judge_id" VARCHAR(1024),
    "state" VARCHAR(16) NOT NULL,
    "started_at" BIGINT NOT NULL,
    "ended_at" BIGINT,
    "parameters" TEXT NOT NULL,
    "problem" TEXT,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE "{schema}"."evaluations" IS 'A prompt set, asked of one model.';
CREATE INDEX IF NOT EXISTS "evaluations_by_sync_number" ON "{schema}"."evaluations" ("sync_number");
CREATE INDEX IF NOT EXISTS "evaluations_by_started_at" ON "{schema}"."evaluations" ("started_at");
CREATE INDEX IF NOT EXISTS "evaluations_by_set_id_started_at" ON "{schema}"."evaluations" ("set_id", "started_at");

-- Class: AppendOnly.
CREATE TABLE IF NOT EXISTS "{schema}"."evaluation_results" (
    "evaluation_id" VARCHAR(64) NOT NULL,
    "position" BIGINT NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "verdict" VARCHAR(16) NOT NULL,
    "run_id" VARCHAR(64),
    "judge_run_id" VARCHAR(64),
    "reason" TEXT NOT NULL,
    "detail" TEXT,
    "answer" TEXT NOT NULL,
    PRIMARY KEY ("evaluation_id", "position")
);
COMMENT ON TABLE "{schema}"."evaluation_results" IS 'What became of each item of an evaluation.';
CREATE INDEX IF NOT EXISTS "evaluation_results_by_sync_number" ON "{schema}"."evaluation_results" ("sync_number");

-- Class: AppendOnly.
CREATE TABLE IF NOT EXISTS "{schema}"."audit_log" (
    "workstation" VARCHAR(64) NOT NULL,
    "sequence" BIGINT NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "at" BIGINT NOT NULL,
    "actor" VARCHAR(255) NOT NULL,
    "action" VARCHAR(64) NOT NULL,
    "subject_kind" VARCHAR(64) NOT NULL,
    "subject_id" VARCHAR(1024) NOT NULL,
    "previous_hash" VARCHAR(64) NOT NULL,
    "hash" VARCHAR(64) NOT NULL,
    "before" TEXT,
    "after" TEXT,
    PRIMARY KEY ("workstation", "sequence")
);
COMMENT ON TABLE "{schema}"."audit_log" IS 'Who did what; one chain of hashes per workstation.';
CREATE INDEX IF NOT EXISTS "audit_log_by_sync_number" ON "{schema}"."audit_log" ("sync_number");
CREATE INDEX IF NOT EXISTS "audit_log_by_at" ON "{schema}"."audit_log" ("at");

-- Class: AppendOnly.
CREATE TABLE IF NOT EXISTS "{schema}"."inference_metrics" (
    "id" VARCHAR(64) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "at" BIGINT NOT NULL,
    "workstation" VARCHAR(64) NOT NULL,
    "model_id" VARCHAR(1024) NOT NULL,
    "outcome" VARCHAR(16) NOT NULL,
    "cache" VARCHAR(8),
    "total_ms" DOUBLE PRECISION,
    "ttft_ms" DOUBLE PRECISION,
    "tokens_per_s" DOUBLE PRECISION,
    "tokens_in" BIGINT,
    "tokens_out" BIGINT,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE "{schema}"."inference_metrics" IS 'What runs measured.';
CREATE INDEX IF NOT EXISTS "inference_metrics_by_sync_number" ON "{schema}"."inference_metrics" ("sync_number");
CREATE INDEX IF NOT EXISTS "inference_metrics_by_at_model_id" ON "{schema}"."inference_metrics" ("at", "model_id");

-- Class: Shared.
CREATE TABLE IF NOT EXISTS "{schema}"."model_versions" (
    "id" VARCHAR(64) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "family" VARCHAR(255) NOT NULL,
    "version" BIGINT NOT NULL,
    "model_id" VARCHAR(1024) NOT NULL,
    "sha256" VARCHAR(64),
    "status" VARCHAR(16) NOT NULL,
    "created_at" BIGINT NOT NULL,
    "created_by" VARCHAR(255) NOT NULL,
    "changed_at" BIGINT NOT NULL,
    "notes" TEXT NOT NULL,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE "{schema}"."model_versions" IS 'Governed states of models.';
CREATE INDEX IF NOT EXISTS "model_versions_by_sync_number" ON "{schema}"."model_versions" ("sync_number");
CREATE INDEX IF NOT EXISTS "model_versions_by_family_version" ON "{schema}"."model_versions" ("family", "version");

-- Class: AppendOnly.
CREATE TABLE IF NOT EXISTS "{schema}"."model_deployments" (
    "id" VARCHAR(64) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "version_id" VARCHAR(64) NOT NULL,
    "at" BIGINT NOT NULL,
    "actor" VARCHAR(255) NOT NULL,
    "from_status" VARCHAR(16) NOT NULL,
    "to_status" VARCHAR(16) NOT NULL,
    "notes" TEXT NOT NULL,
    PRIMARY KEY ("id")
);
COMMENT ON TABLE "{schema}"."model_deployments" IS 'How versions became what they are.';
CREATE INDEX IF NOT EXISTS "model_deployments_by_sync_number" ON "{schema}"."model_deployments" ("sync_number");
CREATE INDEX IF NOT EXISTS "model_deployments_by_version_id_at" ON "{schema}"."model_deployments" ("version_id", "at");

-- Class: Shared.
CREATE TABLE IF NOT EXISTS "{schema}"."sync_conflicts" (
    "table_name" VARCHAR(64) NOT NULL,
    "row_key" VARCHAR(2048) NOT NULL,
    "clock" BIGINT NOT NULL,
    "workstation" VARCHAR(64) NOT NULL,
    "sync_number" BIGINT NOT NULL,
    "sync_clock" BIGINT NOT NULL,
    "sync_workstation" VARCHAR(64) NOT NULL,
    "winner_clock" BIGINT NOT NULL,
    "winner_workstation" VARCHAR(64) NOT NULL,
    "at" BIGINT NOT NULL,
    "resolved" SMALLINT NOT NULL,
    "row" TEXT,
    PRIMARY KEY ("table_name", "row_key", "clock", "workstation")
);
COMMENT ON TABLE "{schema}"."sync_conflicts" IS 'Versions that did not prevail, until a person has looked at them.';
CREATE INDEX IF NOT EXISTS "sync_conflicts_by_sync_number" ON "{schema}"."sync_conflicts" ("sync_number");
