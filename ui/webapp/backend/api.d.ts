/** The backend's types, in the shape openapi-typescript gives them. */
export interface components {
    schemas: {
        Code:
            | "invalid_input"
            | "not_found"
            | "unsupported_model"
            | "context_overflow"
            | "busy"
            | "cancelled"
            | "engine_failed"
            | "folder_unavailable"
            | "store_unavailable"
            | "store_refused"
            | "already_running"
            | "internal";
        Error: {
            code: components["schemas"]["Code"];
            message: string;
            details?: { [key: string]: unknown };
        };
        LoadStage: "starting" | "reading" | "preparing";
        LoadProgress: {
            stage: components["schemas"]["LoadStage"];
            bytes_read: number;
            bytes_total: number;
        };
        EngineState: "idle" | "loading" | "ready" | "busy" | "failed";
        EngineStatus: {
            state: components["schemas"]["EngineState"];
            model?: string | null;
            model_name?: string | null;
            progress?: components["schemas"]["LoadProgress"] | null;
            memory_bytes?: number | null;
            context_length?: number | null;
            device?: string | null;
            element_type?: string | null;
            waiting: number;
            problem?: components["schemas"]["Error"] | null;
        };
        Facts: {
            architecture: string;
            parameters?: number | null;
            quantization: string;
            context_length?: number | null;
            has_chat_template: boolean;
        };
        Model: {
            id: string;
            name: string;
            file: string;
            size_bytes: number;
            modified_at: number;
            facts?: components["schemas"]["Facts"] | null;
            problem?: components["schemas"]["Error"] | null;
        };
        ModelList: {
            folder: string;
            problem?: components["schemas"]["Error"] | null;
            models: components["schemas"]["Model"][];
        };
        Change:
            | { kind: "engine"; engine: components["schemas"]["EngineStatus"] }
            | { kind: "models"; models: components["schemas"]["ModelList"] }
            | { kind: "history" };
        Parameters: {
            temperature?: number;
            top_p?: number;
            max_tokens?: number;
            seed?: number | null;
        };
        Outcome: "running" | "completed" | "stopped" | "failed" | "interrupted";
        FinishReason: "stop" | "length" | "cancelled";
        Measures: {
            total_ms?: number | null;
            ttft_ms?: number | null;
            tokens_per_s?: number | null;
            tokens_in?: number | null;
            tokens_out?: number | null;
        };
        Run: {
            id: string;
            started_at: number;
            model: string;
            model_name: string;
            prompt: string;
            answer: string;
            parameters: components["schemas"]["Parameters"];
            outcome: components["schemas"]["Outcome"];
            finish_reason?: components["schemas"]["FinishReason"] | null;
            error?: components["schemas"]["Error"] | null;
            measures: components["schemas"]["Measures"];
        };
        RunSummary: {
            id: string;
            started_at: number;
            model_name: string;
            prompt_start: string;
            outcome: components["schemas"]["Outcome"];
            measures: components["schemas"]["Measures"];
        };
        Page_of_RunSummary: {
            items: components["schemas"]["RunSummary"][];
            next?: string | null;
        };
        RunEvent: { run: string; sequence: number } & (
            | { kind: "accepted" }
            | { kind: "loading"; progress: components["schemas"]["LoadProgress"] }
            | { kind: "started"; tokens_in: number; seed: number }
            | { kind: "token"; text: string }
            | { kind: "finished"; result: components["schemas"]["Run"] }
        );
        ApplicationInfo: {
            name: string;
            version: string;
            data_folder: string;
            models_folder: string;
            database_file: string;
            schema_version: number;
            workers: string;
            sqlite_version: string;
            target: string;
        };
    };
}
