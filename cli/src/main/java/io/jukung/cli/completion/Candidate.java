package io.jukung.cli.completion;

/**
 * A word that can stand at the place where the user asks.
 *
 * @param description one line; empty where there is none
 */
record Candidate(String word, String description) {}
