package io.jukung.engine.http;

import io.jukung.cri.docker.DockerMoment;
import java.time.DateTimeException;
import java.time.Instant;

/** Points in time as parameters have them. */
public final class ApiTime {
  private ApiTime() {}

  /**
   * Reads a point in time as {@link DockerMoment} does.
   *
   * @param name of the parameter, for the error text
   * @throws HttpError 400 if it is none
   */
  public static Instant parse(String name, String text) {
    try {
      return DockerMoment.parse(text, Instant.now());
    } catch (DateTimeException e) {
      throw HttpError.badRequest("invalid value for \"" + name + "\": " + text);
    }
  }
}
