//! nopenai-models
