package io.jukung.image.copy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.client.TimedBody;
import io.jukung.image.content.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** A file that ADD downloads, without a proxy. */
public final class RemoteFile {
  private static final int BUFFER_BYTES = 128 * 1024;
  private static final Duration CONNECT = Duration.ofSeconds(30);

  /** How long a server may take before it begins to answer. */
  private static final Duration ANSWER = Duration.ofMinutes(2);

  /** The longest wait for the next byte of the file. */
  private static final Duration IDLE = Duration.ofMinutes(1);

  /**
   * A server that sends less than {@link TimedBody#MIN_PROGRESS_BYTES} in this time is given up.
   */
  private static final Duration PROGRESS = Duration.ofMinutes(5);

  private final URI uri;
  private final String name;

  private RemoteFile(URI uri, String name) {
    this.uri = uri;
    this.name = name;
  }

  /** Whether a source of ADD is to be downloaded. */
  public static boolean isRemote(String source) {
    return source.matches("(?i)https?://.*");
  }

  /**
   * Parses a source of ADD.
   *
   * @throws CriException INVALID_ARGUMENT for a URL that cannot be understood
   */
  public static RemoteFile of(String url) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (java.net.URISyntaxException e) {
      throw new CriException(ErrorKind.INVALID_ARGUMENT, "ADD " + url + ": it is no URL", e);
    }
    String path = uri.getPath() == null ? "" : uri.getPath();
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (uri.getHost() == null || name.equals("..") || name.equals(".")) {
      throw CriException.invalidArgument("ADD " + url + ": it is no URL of a file");
    }
    return new RemoteFile(uri, name);
  }

  /** The name of the file; empty if the URL has none. */
  public String name() {
    return name;
  }

  /**
   * Downloads the file into a directory, under {@link #name}. Only root can read it, and its time
   * is the one that the server states.
   *
   * @param checksum what the content must have; empty if anything will do
   */
  public void download(Path directory, Optional<Digest> checksum, long maxBytes)
      throws IOException, InterruptedException {
    Path file = directory.resolve(name);
    try (HttpClient client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(CONNECT)
            .build()) {
      HttpResponse<InputStream> answer =
          client.send(
              HttpRequest.newBuilder(uri).timeout(ANSWER).GET().build(),
              HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = new TimedBody(answer.body(), IDLE, PROGRESS)) {
        if (answer.statusCode() != 200) {
          throw failed("HTTP " + answer.statusCode(), null);
        }
        Digest found = write(body, file, checksum, maxBytes);
        if (checksum.isPresent() && !checksum.get().equals(found)) {
          throw failed("it has the digest %s and not %s".formatted(found, checksum.get()), null);
        }
      }
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      Files.setLastModifiedTime(file, FileTime.from(modified(answer)));
    } catch (InterruptedException e) {
      throw e;
    } catch (IOException e) {
      throw failed(String.valueOf(e.getMessage()), e);
    }
  }

  private Digest write(InputStream body, Path file, Optional<Digest> checksum, long maxBytes)
      throws IOException {
    Digest.Algorithm algorithm = checksum.map(Digest::algorithm).orElse(Digest.Algorithm.SHA256);
    MessageDigest digest = algorithm.start();
    try (OutputStream out = Files.newOutputStream(file)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      long bytes = 0;
      int count;
      while ((count = body.read(buffer)) > 0) {
        bytes += count;
        if (bytes > maxBytes) {
          throw new IOException("it has more than " + maxBytes + " bytes");
        }
        digest.update(buffer, 0, count);
        out.write(buffer, 0, count);
      }
    }
    return Digest.of(algorithm, digest);
  }

  /** The start of the epoch if the server does not say when the file was changed. */
  private static Instant modified(HttpResponse<?> answer) {
    try {
      return answer
          .headers()
          .firstValue("Last-Modified")
          .map(text -> ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant())
          .orElse(Instant.EPOCH);
    } catch (DateTimeException e) {
      return Instant.EPOCH;
    }
  }

  private CriException failed(String reason, @org.jspecify.annotations.Nullable Throwable cause) {
    String shown =
        uri.getScheme() + "://" + uri.getHost() + (uri.getPath() == null ? "" : uri.getPath());
    return new CriException(ErrorKind.UNAVAILABLE, "ADD " + shown + ": " + reason, cause);
  }
}
