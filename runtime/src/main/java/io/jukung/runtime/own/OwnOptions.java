package io.jukung.runtime.own;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The annotation in which jukung's client writes, as JSON, what CRI has no fields for. */
final class OwnOptions {
  /** The annotation of own pods and containers. On others it has no meaning. */
  static final String ANNOTATION = "io.jukung.options";

  private OwnOptions() {}

  /**
   * Reads the annotation.
   *
   * @param none the result if there is no annotation
   * @throws CriException INVALID_ARGUMENT if it is not what the type says; a member that this
   *     daemon does not know is named
   */
  static <T> T read(Map<String, String> annotations, Class<T> type, T none) {
    String text = annotations.get(ANNOTATION);
    if (text == null) {
      return none;
    }
    try {
      return Json.read(text.getBytes(StandardCharsets.UTF_8), type);
    } catch (IOException e) {
      String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw CriException.invalidArgument("annotation " + ANNOTATION + ": " + why);
    }
  }
}
