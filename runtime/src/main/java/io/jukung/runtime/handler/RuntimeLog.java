package io.jukung.runtime.handler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.runtime.call.NodeProgram;
import java.util.Optional;

/** What a runtime writes with {@code --log-format json}: an object in each line. */
final class RuntimeLog {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private RuntimeLog() {}

  /** The last error of the log, as one line of bounded length. */
  static Optional<String> lastError(String log) {
    Optional<String> last = Optional.empty();
    for (String line : log.split("\n", -1)) {
      Optional<String> error = error(line);
      last = error.isPresent() ? error : last;
    }
    return last;
  }

  private static Optional<String> error(String line) {
    try {
      JsonNode entry = JSON.readTree(line);
      String level = entry.path("level").asText();
      return level.equals("error") || level.equals("fatal")
          ? Optional.of(NodeProgram.quote(entry.path("msg").asText()))
          : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty(); // a line that is cut off, or the words of another program
    }
  }
}
