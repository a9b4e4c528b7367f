package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.content.Digest;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.pull.TestImage;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A registry whose answers a test can replace, down to the bytes on the wire. Requests without such
 * a rule get a proper answer. The registry records its requests and takes one per connection.
 */
public final class WildRegistry implements AutoCloseable {
  /** A request; the names of its headers are in lower case. */
  public record Request(String method, String target, Map<String, String> headers, String body) {
    public boolean has(String header) {
      return headers.containsKey(header);
    }
  }

  /** Answers a request; the connection is closed when the method returns. */
  @FunctionalInterface
  public interface Behaviour {
    void answer(Request request, Reply reply) throws IOException, InterruptedException;
  }

  /** Sends the parts of an answer. */
  public final class Reply {
    private final OutputStream out;

    Reply(OutputStream out) {
      this.out = out;
    }

    /** Sends the status line and the headers, exactly as given. */
    public Reply head(int status, String... headers) throws IOException {
      StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " X\r\nConnection: close\r\n");
      for (String header : headers) {
        head.append(header).append("\r\n");
      }
      out.write(head.append("\r\n").toString().getBytes(ISO_8859_1));
      out.flush();
      return this;
    }

    /** Sends the content's bytes from {@code start} up to, not including, {@code end}. */
    public Reply bytes(byte[] content, int start, int end) throws IOException {
      out.write(content, start, end - start);
      out.flush();
      return this;
    }

    /** Sends a complete answer with its Content-Length. */
    public void whole(int status, byte[] content, String... headers) throws IOException {
      String[] all = Arrays.copyOf(headers, headers.length + 1);
      all[headers.length] = "Content-Length: " + content.length;
      head(status, all).bytes(content, 0, content.length);
    }

    /** Sends a complete answer without content. */
    public void empty(int status, String... headers) throws IOException {
      whole(status, new byte[0], headers);
    }

    /** Keeps the connection open and sends nothing until the registry is closed. */
    public void fallSilent() throws InterruptedException {
      closed.await();
    }
  }

  private record Rule(String part, AtomicInteger times, Behaviour behaviour) {}

  private record Manifest(byte[] content, String type) {}

  private final ServerSocket socket;
  private final String scheme;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
  private final Map<String, Manifest> manifests = new ConcurrentHashMap<>();

  private WildRegistry(ServerSocket socket, String scheme) {
    this.socket = socket;
    this.scheme = scheme;
    executor.execute(this::accept);
  }

  public static WildRegistry start() throws IOException {
    return start("127.0.0.1", null);
  }

  /**
   * Starts a registry on a free port.
   *
   * @param address a loopback address: clients take each for another host
   * @param tls for a registry that speaks https
   */
  public static WildRegistry start(String address, @Nullable SSLContext tls) throws IOException {
    InetAddress host = InetAddress.getByName(address);
    return tls == null
        ? new WildRegistry(new ServerSocket(0, 50, host), "http")
        : new WildRegistry(tls.getServerSocketFactory().createServerSocket(0, 50, host), "https");
  }

  public String authority() {
    return socket.getInetAddress().getHostAddress() + ":" + socket.getLocalPort();
  }

  public String url() {
    return scheme + "://" + authority();
  }

  /** The reference of an image in this registry, from its repository and tag or digest. */
  public String reference(String rest) {
    return authority() + "/" + rest;
  }

  public void add(String repository, String tag, TestImage image) {
    image.blobs().forEach((digest, content) -> blobs.put(digest.toString(), content));
    addManifest(repository, tag, image.manifestType().text(), image.manifest());
  }

  public void addManifest(String repository, String tag, String type, byte[] content) {
    Manifest manifest = new Manifest(content, type);
    manifests.put(repository + "/manifests/" + tag, manifest);
    manifests.put(repository + "/manifests/" + Digest.sha256(content), manifest);
  }

  public void addIndex(String repository, String tag, byte[] content) {
    addManifest(repository, tag, MediaType.OCI_INDEX.text(), content);
  }

  /**
   * Replaces the answer to all requests whose target contains the part. Later rules come before
   * earlier ones.
   */
  public void on(Object part, Behaviour behaviour) {
    on(part, Integer.MAX_VALUE, behaviour);
  }

  /** Replaces the answer to the next {@code times} requests whose target contains the part. */
  public void on(Object part, int times, Behaviour behaviour) {
    rules.addFirst(new Rule(part.toString(), new AtomicInteger(times), behaviour));
  }

  /** All requests so far. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  /** The requests so far whose target contains the part. */
  public List<Request> requests(Object part) {
    return requests.stream().filter(r -> r.target().contains(part.toString())).toList();
  }

  /** Answers as the Distribution v2 protocol says. */
  public void properly(Request request, Reply reply) throws IOException {
    String path = request.target().replaceFirst("\\?.*", "").replaceFirst("^/v2/", "");
    Manifest manifest = manifests.get(path);
    if (manifest != null) {
      reply.whole(200, manifest.content, "Content-Type: " + manifest.type);
      return;
    }
    byte[] blob = blobs.get(path.substring(path.lastIndexOf('/') + 1));
    if (blob == null) {
      reply.empty(404);
      return;
    }
    String range = request.headers().getOrDefault("range", "");
    if (range.isEmpty()) {
      reply.whole(200, blob);
      return;
    }
    int start = Integer.parseInt(range.replaceFirst("bytes=(\\d+)-", "$1"));
    reply
        .head(
            206,
            "Content-Length: " + (blob.length - start),
            "Content-Range: bytes " + start + "-" + (blob.length - 1) + "/" + blob.length)
        .bytes(blob, start, blob.length);
  }

  private void accept() {
    while (true) {
      try {
        Socket connection = socket.accept();
        connections.add(connection);
        executor.execute(() -> serve(connection));
      } catch (IOException e) {
        return; // the registry was closed
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      var in =
          new BufferedReader(
              new InputStreamReader(
                  new BufferedInputStream(connection.getInputStream()), ISO_8859_1));
      Request request = read(in);
      requests.add(request);
      Behaviour behaviour = this::properly;
      for (Rule rule : rules) {
        if (request.target().contains(rule.part) && rule.times.getAndDecrement() > 0) {
          behaviour = rule.behaviour;
          break;
        }
      }
      behaviour.answer(request, new Reply(connection.getOutputStream()));
    } catch (IOException | InterruptedException e) {
      return; // the client has gone, or the test has ended
    } finally {
      connections.remove(connection);
    }
  }

  private static Request read(BufferedReader in) throws IOException {
    String first = in.readLine();
    if (first == null) {
      throw new IOException("no request");
    }
    String[] words = first.split(" ", 3);
    Map<String, String> headers = new LinkedHashMap<>();
    for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    char[] body = new char[Integer.parseInt(headers.getOrDefault("content-length", "0"))];
    for (int at = 0; at < body.length; ) {
      int count = in.read(body, at, body.length - at);
      if (count < 0) {
        throw new IOException("request ends within its body");
      }
      at += count;
    }
    return new Request(
        words[0], words[1], headers, new String(new String(body).getBytes(ISO_8859_1), UTF_8));
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    socket.close();
    for (Socket connection : connections) {
      connection.close();
    }
    executor.shutdownNow();
  }
}
