-- What else could have come in the place of each token of an answer, where that
-- was asked: JSON.
ALTER TABLE prompt_history ADD COLUMN likelihoods TEXT;
