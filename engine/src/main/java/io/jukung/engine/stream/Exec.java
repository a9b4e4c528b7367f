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
  private @Nullable Size early;

  /** Of a terminal, in characters. */
  private record Size(int columns, int rows) {}

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

  /**
   * Says that the command is being started, and runs until {@link #end} is called.
   *
   * @return false if that was said before
   */
  synchronized boolean begin() {
    if (begun) {
      return false;
    }
    begun = true;
    running = true;
    return true;
  }

  /**
   * Says that the command is followed to its end, also if its client leaves.
   *
   * @param at of the session that follows the command
   */
  synchronized void runs(Terminal at) {
    terminal = at;
    if (early != null) {
      at.resize(early.columns, early.rows);
    }
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

  /**
   * Gives the terminal a size, at once or as soon as it is there.
   *
   * @return false if the command does not run
   */
  synchronized boolean resize(int columns, int rows) {
    if (terminal != null) {
      terminal.resize(columns, rows);
    } else if (running) {
      early = new Size(columns, rows);
    }
    return running;
  }
}
