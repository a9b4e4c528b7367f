package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.content.Digest;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.pull.TestImage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A process of Debian's docker-registry on a loopback port, with a storage directory of its own.
 */
public final class DebianRegistry implements AutoCloseable {
  static {
    HttpClients.configureJdk(); // before this class uses the JDK's client for itself
  }

  private static final Duration START_BOUND = Duration.ofSeconds(30);

  private final Process process;
  private final int port;
  private final String scheme;
  private final HttpClient client;
  private @Nullable String authorization;

  private DebianRegistry(Process process, int port, String scheme, HttpClient client) {
    this.process = process;
    this.port = port;
    this.scheme = scheme;
    this.client = client;
  }

  public static DebianRegistry start(Path directory) throws IOException, InterruptedException {
    return start(directory, "", null);
  }

  /**
   * Starts a registry and returns when it accepts connections.
   *
   * @param more YAML to append to the configuration; indented lines belong to {@code http:}
   * @param tls the client's TLS context, for a registry whose configuration enables https
   */
  public static DebianRegistry start(Path directory, String more, @Nullable SSLContext tls)
      throws IOException, InterruptedException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path config = directory.resolve("registry.yml");
    Files.writeString(
        config,
        """
        version: 0.1
        log: {level: warn}
        storage:
          filesystem: {rootdirectory: %s}
          delete: {enabled: true}
        http:
          addr: 127.0.0.1:%d
        %s
        """
            .formatted(directory.resolve("storage"), port, more));
    Process process =
        new ProcessBuilder("docker-registry", "serve", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("registry.log").toFile())
            .start();
    HttpClient.Builder client = HttpClient.newBuilder();
    if (tls != null) {
      client.sslContext(tls);
    }
    DebianRegistry registry =
        new DebianRegistry(process, port, tls == null ? "http" : "https", client.build());
    registry.awaitListening();
    return registry;
  }

  private void awaitListening() throws IOException, InterruptedException {
    Instant end = Instant.now().plus(START_BOUND);
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException e) {
        if (!process.isAlive() || Instant.now().isAfter(end)) {
          throw new IOException("docker-registry does not listen on " + port, e);
        }
        process.waitFor(20, TimeUnit.MILLISECONDS);
      }
    }
  }

  /** Sets the Authorization header of this object's own requests, which push images. */
  public void authorize(String value) {
    authorization = value;
  }

  public String authority() {
    return "127.0.0.1:" + port;
  }

  public String url() {
    return scheme + "://" + authority();
  }

  /** The reference of an image in this registry, from its repository and tag or digest. */
  public String reference(String rest) {
    return authority() + "/" + rest;
  }

  public void push(String repository, String tag, TestImage image)
      throws IOException, InterruptedException {
    for (Map.Entry<Digest, byte[]> blob : image.blobs().entrySet()) {
      pushBlob(repository, blob.getKey(), blob.getValue());
    }
    pushManifest(repository, tag, image.manifestType(), image.manifest());
  }

  public void pushBlob(String repository, Digest digest, byte[] content)
      throws IOException, InterruptedException {
    URI uploads = URI.create(url() + "/v2/" + repository + "/blobs/uploads/");
    HttpResponse<String> begun =
        send(HttpRequest.newBuilder(uploads).POST(HttpRequest.BodyPublishers.noBody()), 202);
    String location = begun.headers().firstValue("Location").orElseThrow();
    URI put = uploads.resolve(location + (location.contains("?") ? "&" : "?") + "digest=" + digest);
    send(
        HttpRequest.newBuilder(put)
            .header("Content-Type", "application/octet-stream")
            .PUT(HttpRequest.BodyPublishers.ofByteArray(content)),
        201);
  }

  public void pushManifest(String repository, String tag, MediaType type, byte[] content)
      throws IOException, InterruptedException {
    send(
        HttpRequest.newBuilder(URI.create(url() + "/v2/" + repository + "/manifests/" + tag))
            .header("Content-Type", type.text())
            .PUT(HttpRequest.BodyPublishers.ofByteArray(content)),
        201);
  }

  /** The bytes that the registry has for a path below a repository, as in manifests/1. */
  public byte[] bytes(String repository, String path) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url() + "/v2/" + repository + "/" + path))
            .header(
                "Accept",
                String.join(", ", Arrays.stream(MediaType.values()).map(MediaType::text).toList()));
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    HttpResponse<byte[]> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    if (response.statusCode() != 200) {
      throw new IOException(path + ": " + response.statusCode());
    }
    return response.body();
  }

  private HttpResponse<String> send(HttpRequest.Builder request, int expected)
      throws IOException, InterruptedException {
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    HttpResponse<String> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString(UTF_8));
    if (response.statusCode() != expected) {
      throw new IOException(
          response.request().uri() + ": " + response.statusCode() + " " + response.body());
    }
    return response;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
