package io.jukung.cri.streaming;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/** The result of an exec or attach, as it is sent on the error stream. */
public sealed interface CommandStatus {
  /** The command ended with this exit code. An attach that ended without an error has code 0. */
  record Exited(int code) implements CommandStatus {}

  /** There is no exit code: the command could not be started, or its end could not be learnt. */
  record Failed(String message) implements CommandStatus {}

  ObjectMapper JSON = JsonMapper.builder().build();

  /** Returns the result as a metav1.Status, for version 4 of the protocol and later ones. */
  default byte[] toJson() {
    ObjectNode status = JSON.createObjectNode();
    status.putObject("metadata");
    switch (this) {
      case Exited exited when exited.code() == 0 -> status.put("status", "Success");
      case Exited exited -> {
        status.put("status", "Failure").put("message", sentence(exited));
        status.put("reason", "NonZeroExitCode");
        status
            .putObject("details")
            .putArray("causes")
            .addObject()
            .put("reason", "ExitCode")
            .put("message", Integer.toString(exited.code()));
      }
      case Failed failed -> {
        status.put("status", "Failure").put("message", sentence(failed));
        status.put("reason", "InternalError");
        status.putObject("details").putArray("causes").addObject().put("message", failed.message());
        status.put("code", 500);
      }
    }
    try {
      return JSON.writeValueAsBytes(status);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree of strings and numbers can always be written
    }
  }

  /**
   * Returns the result as a sentence, for earlier versions of the protocol; empty after success.
   */
  default byte[] toText() {
    String text =
        switch (this) {
          case Exited exited when exited.code() == 0 -> "";
          case Exited exited -> sentence(exited);
          case Failed failed -> sentence(failed);
        };
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String sentence(Exited exited) {
    return "command terminated with non-zero exit code: exit code " + exited.code();
  }

  private static String sentence(Failed failed) {
    return "Internal error occurred: " + failed.message();
  }
}
