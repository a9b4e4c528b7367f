package io.jukung.runtime.streaming.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.streaming.CommandStatus;
import io.jukung.linux.terminal.Terminal;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the sizes of a terminal from a stream of JSON objects, {@code {"Width":80,"Height":24}}. An
 * object may be split over several messages. Anything else is ignored.
 */
public final class ResizeReader {
  /** The limit of an incomplete object; a whole one has some thirty bytes. */
  private static final int MAX_PENDING = 1024;

  private final StringBuilder pending = new StringBuilder();

  public List<Terminal.Size> read(ByteBuf bytes) {
    pending.append(bytes.toString(StandardCharsets.US_ASCII));
    List<Terminal.Size> sizes = new ArrayList<>(1);
    int end;
    while ((end = pending.indexOf("}")) >= 0) {
      String object = pending.substring(0, end + 1);
      pending.delete(0, end + 1);
      add(object, sizes);
    }
    if (pending.length() > MAX_PENDING) {
      pending.setLength(0);
    }
    return sizes;
  }

  private static void add(String object, List<Terminal.Size> sizes) {
    JsonNode size;
    try {
      size = CommandStatus.JSON.readTree(object);
    } catch (JsonProcessingException e) {
      return;
    }
    int columns = size.path("Width").asInt();
    int rows = size.path("Height").asInt();
    if (columns > 0 && columns <= 0xffff && rows > 0 && rows <= 0xffff) {
      sizes.add(new Terminal.Size(columns, rows));
    }
  }
}
