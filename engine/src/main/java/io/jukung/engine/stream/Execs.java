package io.jukung.engine.stream;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.engine.http.HttpError;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The commands that clients have described, of which the oldest are forgotten that no session
 * follows. Thread-safe.
 */
final class Execs {
  static final int MAX = 1024;

  private final SecureRandom random = new SecureRandom();
  private final Map<String, Exec> byId = new LinkedHashMap<>();

  synchronized Exec add(String containerId, JsonNode config) {
    byte[] id = new byte[32];
    random.nextBytes(id);
    Exec exec = new Exec(HexFormat.of().formatHex(id), containerId, config);
    byId.put(exec.id(), exec);
    Iterator<Exec> oldestFirst = byId.values().iterator();
    while (byId.size() > MAX && oldestFirst.hasNext()) {
      if (!oldestFirst.next().isFollowed()) {
        oldestFirst.remove();
      }
    }
    return exec;
  }

  synchronized Exec get(String id) {
    Exec exec = byId.get(id);
    if (exec == null) {
      throw HttpError.notFound("No such exec instance: " + id);
    }
    return exec;
  }
}
