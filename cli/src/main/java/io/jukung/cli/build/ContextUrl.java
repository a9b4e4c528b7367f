package io.jukung.cli.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The URL of a context. What it may have of a user's secrets, a password or a token, is in no error
 * text and in no arguments of another program, which every user of the node can read.
 *
 * @param address the URL without the user
 * @param login the user that an HTTP URL has
 */
record ContextUrl(String address, Optional<Login> login) {
  private static final Pattern WITH_USER =
      Pattern.compile("(?i)(?<scheme>https?://)(?<user>[^/?#]*)@(?<rest>.*)", Pattern.DOTALL);

  /** A user's name, or a token in its place, and a password, which may be empty. */
  record Login(String user, String password) {
    @Override
    public String toString() {
      return "Login";
    }
  }

  static ContextUrl of(String text) {
    Matcher matcher = WITH_USER.matcher(text);
    if (!matcher.matches()) {
      return new ContextUrl(text, Optional.empty());
    }
    String[] parts = matcher.group("user").split(":", 2);
    return new ContextUrl(
        matcher.group("scheme") + matcher.group("rest"),
        Optional.of(new Login(decoded(parts[0]), parts.length == 1 ? "" : decoded(parts[1]))));
  }

  /** Replaces what is percent-encoded. In this part of a URL a plus sign stands for itself. */
  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException e) {
      return text; // a percent sign that begins no code
    }
  }

  /** Returns the URL for an error text: without its query, which may be a signature. */
  String shown() {
    return address.replaceAll("\\?[^#]*", "");
  }

  /** Returns the scheme, host and port, for which the login is meant. */
  String origin() {
    int path = address.indexOf('/', address.indexOf("//") + 2);
    return path < 0 ? address : address.substring(0, path);
  }
}
