package io.jukung.engine.http;

import io.jukung.cri.client.Release;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A version of the Docker Engine API, such as 1.44. */
public record ApiVersion(int major, int minor) implements Comparable<ApiVersion> {
  /** The oldest version that is served. */
  public static final ApiVersion OLDEST = new ApiVersion(1, 44);

  /** The newest version that is served, which requests without a version in their path get. */
  public static final ApiVersion NEWEST = new ApiVersion(1, 51);

  /** The first release of Docker Engine with the {@link #NEWEST} version of the API. */
  private static final String DOCKER_RELEASE = "28.3.0";

  private static final Pattern SHAPE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");

  /**
   * The version of the engine for clients that compare it with releases of Docker Engine, as
   * Testcontainers does: that of the release whose API is served, and after a plus sign, which
   * begins what is not compared (semver.org), that of jukung.
   */
  public static String engineVersion() {
    return DOCKER_RELEASE + "+jukung." + Release.version();
  }

  /**
   * Reads a version.
   *
   * @throws HttpError 400 if the text is none
   */
  public static ApiVersion parse(String text) {
    Matcher matcher = SHAPE.matcher(text);
    if (!matcher.matches()) {
      throw HttpError.badRequest("\"" + text + "\" is not a version of the API");
    }
    return new ApiVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /**
   * Refuses a version that is not served, in the words by which docker's client knows the reason.
   *
   * @throws HttpError 400
   */
  void requireServed() {
    if (compareTo(OLDEST) < 0) {
      throw HttpError.badRequest(
          "client version "
              + this
              + " is too old. Minimum supported API version is "
              + OLDEST
              + ", please upgrade your client to a newer version");
    }
    if (compareTo(NEWEST) > 0) {
      throw HttpError.badRequest(
          "client version " + this + " is too new. Maximum supported API version is " + NEWEST);
    }
  }

  public boolean isAtLeast(int otherMajor, int otherMinor) {
    return compareTo(new ApiVersion(otherMajor, otherMinor)) >= 0;
  }

  @Override
  public int compareTo(ApiVersion other) {
    return major == other.major
        ? Integer.compare(minor, other.minor)
        : Integer.compare(major, other.major);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
