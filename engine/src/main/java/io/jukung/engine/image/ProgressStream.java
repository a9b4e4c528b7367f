package io.jukung.engine.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.Json;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A stream of JSON messages about something that takes a while. It begins with the first message: a
 * failure before is an ordinary error. Used by one thread.
 */
public final class ProgressStream {
  private static final int ID_LENGTH = 12;

  private final Exchange exchange;
  private @Nullable OutputStream out;

  public ProgressStream(Exchange exchange) {
    this.exchange = exchange;
  }

  public boolean hasBegun() {
    return out != null;
  }

  /**
   * Begins the stream without a message. A client that leaves interrupts the thread from now on.
   */
  public void begin() throws IOException {
    var _ = output();
  }

  private OutputStream output() throws IOException {
    if (out == null) {
      out = exchange.endlessStream(200, "application/json");
    }
    return out;
  }

  public void send(ObjectNode message) throws IOException {
    output().write(Json.line(message));
  }

  void status(String id, String text) throws IOException {
    ObjectNode message = Json.object().put("status", text);
    message.putObject("progressDetail");
    send(id.isEmpty() ? Json.object().put("status", text) : message.put("id", id));
  }

  void progress(String id, String text, long current, long total) throws IOException {
    ObjectNode message = Json.object().put("status", text);
    message.putObject("progressDetail").put("current", current).put("total", total);
    send(message.put("progress", bar(current, total)).put("id", id));
  }

  public void stream(String text) throws IOException {
    send(Json.object().put("stream", text));
  }

  public void error(String text) throws IOException {
    ObjectNode message = Json.object();
    message.putObject("errorDetail").put("message", text);
    send(message.put("error", text));
  }

  /**
   * As {@link #error(String)}, with the code that docker's client ends with.
   *
   * @param code of a command that has failed
   */
  public void error(int code, String text) throws IOException {
    ObjectNode message = Json.object();
    message.putObject("errorDetail").put("code", code).put("message", text);
    send(message.put("error", text));
  }

  private static String bar(long current, long total) {
    int filled = total <= 0 ? 0 : (int) Math.min(50, current * 50 / total);
    String arrow = filled == 50 ? "=".repeat(50) : "=".repeat(filled) + ">";
    return "[%-50s] %s/%s".formatted(arrow, size(current), size(total));
  }

  private static String size(long bytes) {
    String[] units = {"B", "kB", "MB", "GB", "TB"};
    double value = bytes;
    int unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return unit == 0
        ? bytes + "B"
        : String.format(java.util.Locale.ROOT, "%.4g%s", value, units[unit]);
  }

  /** The beginning of a digest, as docker shows layers. */
  public static String shortDigest(String digest) {
    String digits = digest.substring(digest.indexOf(':') + 1);
    return digits.substring(0, Math.min(ID_LENGTH, digits.length()));
  }
}
