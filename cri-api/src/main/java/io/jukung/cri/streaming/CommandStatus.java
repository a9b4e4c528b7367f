package io.jukung.cri.streaming;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/** How an exec or attach ended, as the error stream tells it. */
public sealed interface CommandStatus {
  /** The command ended with this code; an attach ended well with 0. */
  record Exited(int code) implements CommandStatus {}

  /** There is no code: it could not be started, or not be followed. */
  record Failed(String message) implements CommandStatus {}

  ObjectMapper JSON = JsonMapper.builder().build();

  /** A metav1.Status, for protocols from version 4 on. */
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
      throw new IllegalStateException(e); // a tree of strings always has a text
    }
  }

  /** A sentence, for earlier protocols; nothing where all went well. */
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
