package io.jukung.image.credentials;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;
import java.net.URI;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/**
 * The credentials that a caller has for a registry. {@link #toString} shows no secret.
 *
 * <p>Credentials are for one registry: the one that {@code serverAddress} names, or else the one of
 * the image's reference. They are never sent to a mirror, to the target of a redirect, or to a
 * token server that another host has named.
 */
public final class Credentials {
  /** The origin of credentials that came with the request. */
  private static final String GIVEN = "the given credentials";

  /** No credentials. */
  public static final Credentials ANONYMOUS = new Credentials(Kind.ANONYMOUS, "", "", "", GIVEN);

  public enum Kind {
    ANONYMOUS,
    /** A user and password, sent as Basic or exchanged for a token. */
    PASSWORD,
    /** An OAuth2 refresh token, exchanged for an access token. */
    IDENTITY_TOKEN,
    /** A bearer token, sent unchanged. */
    REGISTRY_TOKEN
  }

  private final Kind kind;
  private final String user;
  private final String secret;
  private final String serverAddress;
  private final String origin;

  private Credentials(Kind kind, String user, String secret, String serverAddress, String origin) {
    this.kind = kind;
    this.user = user;
    this.secret = secret;
    this.serverAddress = serverAddress;
    this.origin = origin;
  }

  /** The same credentials, which are not the request's. */
  public Credentials from(String newOrigin) {
    return new Credentials(kind, user, secret, serverAddress, newOrigin);
  }

  /** Where the credentials are from, in words without a secret. */
  public String origin() {
    return origin;
  }

  /**
   * Reads the fields of CRI's AuthConfig, any of which may be empty. Tokens take precedence over
   * passwords, and {@code username} over {@code auth}.
   *
   * @param auth base64 of {@code user:password}
   * @throws CriException INVALID_ARGUMENT for a malformed {@code auth} or registry token
   */
  public static Credentials of(
      String username,
      String password,
      String auth,
      String serverAddress,
      String identityToken,
      String registryToken) {
    if (!registryToken.isEmpty()) {
      return new Credentials(
          Kind.REGISTRY_TOKEN, "", headerSafe(registryToken), serverAddress, GIVEN);
    }
    if (!identityToken.isEmpty()) {
      return new Credentials(Kind.IDENTITY_TOKEN, username, identityToken, serverAddress, GIVEN);
    }
    if (!username.isEmpty() || !password.isEmpty()) {
      return new Credentials(Kind.PASSWORD, username, password, serverAddress, GIVEN);
    }
    if (auth.isEmpty()) {
      return ANONYMOUS;
    }
    String pair;
    try {
      pair = new String(Base64.getMimeDecoder().decode(auth), UTF_8);
    } catch (IllegalArgumentException e) {
      // The cause is left out: its message quotes a part of the secret.
      throw CriException.invalidArgument("the registry credentials' auth is not base64");
    }
    int colon = pair.indexOf(':');
    if (colon < 0) {
      throw CriException.invalidArgument(
          "the registry credentials' auth is not base64 of user:password");
    }
    // Docker's own configuration files pad the password with zero bytes.
    String secret = pair.substring(colon + 1).replaceAll("\\x00+$", "");
    return new Credentials(Kind.PASSWORD, pair.substring(0, colon), secret, serverAddress, GIVEN);
  }

  /** These credentials if they are for the registry, {@link #ANONYMOUS} otherwise. */
  public Credentials forRegistry(String domain) {
    if (kind == Kind.ANONYMOUS || serverAddress.isEmpty()) {
      return this;
    }
    return addressHost(serverAddress)
            .map(host -> canonical(host).equals(canonical(domain)))
            .orElse(false)
        ? this
        : ANONYMOUS;
  }

  public Kind kind() {
    return kind;
  }

  public String user() {
    return user;
  }

  public String secret() {
    return secret;
  }

  /** The value of an Authorization header, for {@link Kind#PASSWORD}. */
  public String basic() {
    return "Basic " + Base64.getEncoder().encodeToString((user + ":" + secret).getBytes(UTF_8));
  }

  @Override
  public String toString() {
    return "credentials(" + kind + ")";
  }

  /** The host, with its port if it has one, of {@code host}, {@code host/path} or a URL. */
  private static Optional<String> addressHost(String address) {
    String url = address.contains("://") ? address : "https://" + address;
    try {
      return Optional.ofNullable(URI.create(url).getRawAuthority());
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // such credentials match no registry
    }
  }

  /** One spelling of a registry's name; Docker Hub has three names. */
  private static String canonical(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    return lower.equals("index.docker.io") || lower.equals("registry-1.docker.io")
        ? "docker.io"
        : lower;
  }

  private static String headerSafe(String token) {
    if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw CriException.invalidArgument(
          "the credentials' registry_token has characters that a token cannot have");
    }
    return token;
  }
}
