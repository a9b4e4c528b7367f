package io.jukung.cri.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The release of jukung that this code belongs to. */
public final class Release {
  private Release() {}

  /** Returns the version of the build, a semantic version. */
  public static String version() {
    try (InputStream in = Release.class.getResourceAsStream("release.properties")) {
      if (in == null) {
        throw new IllegalStateException("release.properties is missing from the jar");
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException("release.properties cannot be read", e);
    }
  }
}
