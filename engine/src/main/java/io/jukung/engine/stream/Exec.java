package io.jukung.engine.stream;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A command that a client has described, and perhaps started. The CRI has no such object: the
 * engine keeps it in memory. Thread-safe.
 */
final class Exec {
  private final String id;
  private final String containerId;
  private final JsonNode config;
  private boolean begun;
  private boolean running;
  private @Nullable Integer exitCode;
  private @Nullable Terminal terminal;

  /** Takes the size of the user's terminal. */
  interface Terminal {
    void resize(int columns, int rows);
  }

  Exec(String id, String containerId, JsonNode config) {
    this.id = id;
    this.containerId = containerId;
    this.config = config;
  }

  String id() {
    return id;
  }

  String containerId() {
    return containerId;
  }

  JsonNode config() {
    return config;
  }

  List<String> command() {
    List<String> words = new ArrayList<>();
    config.path("Cmd").forEach(each -> words.add(each.asText()));
    return words;
  }

  StreamSession.Wanted wanted(boolean detach) {
    return new StreamSession.Wanted(
        config.path("AttachStdin").asBoolean() && !detach,
        config.path("AttachStdout").asBoolean(),
        config.path("AttachStderr").asBoolean(),
        config.path("Tty").asBoolean(),
        /* endsInput= */ true,
        /* raw= */ config.path("Tty").asBoolean(),
        config.path("DetachKeys").asText(""));
  }

  /** Returns false if the command was started before. */
  synchronized boolean begin() {
    boolean first = !begun;
    begun = true;
    return first;
  }

  /**
   * Says that the command runs and is followed to its end, also if its client leaves.
   *
   * @param at of the session that follows the command
   */
  synchronized void runs(Terminal at) {
    running = true;
    terminal = at;
  }

  synchronized void end(int code) {
    running = false;
    exitCode = code;
    terminal = null;
  }

  /** Whether a session follows the command, and will know how it ends. */
  synchronized boolean isFollowed() {
    return terminal != null;
  }

  synchronized boolean isRunning() {
    return running;
  }

  synchronized OptionalInt exitCode() {
    return exitCode == null ? OptionalInt.empty() : OptionalInt.of(exitCode);
  }

  /** Returns false if there is no terminal to be resized. */
  synchronized boolean resize(int columns, int rows) {
    if (terminal == null) {
      return false;
    }
    terminal.resize(columns, rows);
    return true;
  }
}
