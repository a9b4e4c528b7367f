package io.jukung.cli.build;

import io.jukung.cli.command.CliException;
import io.jukung.cri.client.TimedBody;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A context that a URL names: a Git repository, which a {@link GitClone} brings, or an archive or
 * Dockerfile that is downloaded.
 */
final class RemoteContext {
  private static final int BUFFER_BYTES = 128 << 10;
  private static final Duration CONNECT = Duration.ofSeconds(30);
  private static final Duration ANSWER = Duration.ofMinutes(2);

  /** The longest wait for the next byte. */
  private static final Duration IDLE = Duration.ofMinutes(1);

  /**
   * A server that sends less than {@link TimedBody#MIN_PROGRESS_BYTES} in this time is given up.
   */
  private static final Duration PROGRESS = Duration.ofMinutes(5);

  private static final Pattern REMOTE = Pattern.compile("(?i)(?:https?|git|ssh)://.*|git@.*");
  private static final Pattern GIT =
      Pattern.compile("(?i)(?:git|ssh)://.*|git@.*|https?://[^?#]*\\.git(?:#.*)?");

  private RemoteContext() {}

  static boolean isRemote(String context) {
    return REMOTE.matcher(context).matches();
  }

  /** Whether a URL names a repository, by its form alone, as docker decides. */
  static boolean isGit(String context) {
    return GIT.matcher(context).matches();
  }

  /** Opens what the URL leads to. The caller closes it. */
  static InputStream download(ContextUrl url) throws IOException, InterruptedException {
    URI uri;
    try {
      uri = URI.create(url.address());
      return download(uri, url);
    } catch (IllegalArgumentException e) {
      throw CliException.usage("the context " + url.shown() + " is no URL");
    }
  }

  private static InputStream download(URI uri, ContextUrl url)
      throws IOException, InterruptedException {
    HttpClient.Builder client =
        HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).connectTimeout(CONNECT);
    url.login().ifPresent(login -> client.authenticator(new HostLogin(uri, login)));
    HttpResponse<InputStream> answer =
        client
            .build()
            .send(
                HttpRequest.newBuilder(uri).timeout(ANSWER).GET().build(),
                HttpResponse.BodyHandlers.ofInputStream());
    if (answer.statusCode() != 200) {
      answer.body().close();
      throw CliException.failed("the context " + url.shown() + ": HTTP " + answer.statusCode());
    }
    return new BufferedInputStream(new TimedBody(answer.body(), IDLE, PROGRESS), BUFFER_BYTES);
  }

  /** Gives the login to the server of the URL, and to no other one that a redirect leads to. */
  static final class HostLogin extends Authenticator {
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    private final URI uri;
    private final ContextUrl.Login login;

    HostLogin(URI uri, ContextUrl.Login login) {
      this.uri = uri;
      this.login = login;
    }

    @Override
    protected @Nullable PasswordAuthentication getPasswordAuthentication() {
      boolean same =
          getRequestorType() == RequestorType.SERVER
              && getRequestingHost().equals(uri.getHost())
              && getRequestingProtocol().equalsIgnoreCase(uri.getScheme())
              && port(getRequestingPort()) == port(uri.getPort());
      return same ? new PasswordAuthentication(login.user(), login.password().toCharArray()) : null;
    }

    /** The port of a URL of the same scheme, also if the URL leaves it out. */
    private int port(int named) {
      return named >= 0
          ? named
          : uri.getScheme().equalsIgnoreCase("https") ? HTTPS_PORT : HTTP_PORT;
    }
  }
}
