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
 * A registry of our own that does as a test says, down to the bytes on the wire, and remembers what
 * it was asked. Where the test says nothing it serves its images properly. One request per
 * connection.
 */
public final class WildRegistry implements AutoCloseable {
  /** Header names in lower case. */
  public record Request(String method, String target, Map<String, String> headers, String body) {
    public boolean has(String header) {
      return headers.containsKey(header);
    }
  }

  /** How a request is answered; returning ends the connection. */
  @FunctionalInterface
  public interface Behaviour {
    void answer(Request request, Reply reply) throws IOException, InterruptedException;
  }

  /** The answer, as far as it has gone. */
  public final class Reply {
    private final OutputStream out;

    Reply(OutputStream out) {
      this.out = out;
    }

    /** Status line and headers, exactly as given. */
    public Reply head(int status, String... headers) throws IOException {
      StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " X\r\nConnection: close\r\n");
      for (String header : headers) {
        head.append(header).append("\r\n");
      }
      out.write(head.append("\r\n").toString().getBytes(ISO_8859_1));
      out.flush();
      return this;
    }

    public Reply bytes(byte[] content, int start, int end) throws IOException {
      out.write(content, start, end - start);
      out.flush();
      return this;
    }

    public void whole(int status, byte[] content, String... headers) throws IOException {
      String[] all = java.util.Arrays.copyOf(headers, headers.length + 1);
      all[headers.length] = "Content-Length: " + content.length;
      head(status, all).bytes(content, 0, content.length);
    }

    public void empty(int status, String... headers) throws IOException {
      whole(status, new byte[0], headers);
    }

    /** Says nothing more until the registry is closed. */
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
   * Starts one on a free port.
   *
   * @param address of the loopback network: each is a host of its own
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

  /** A reference into this registry. */
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

  /** For requests whose target has the part, before what was said earlier. */
  public void on(Object part, Behaviour behaviour) {
    on(part, Integer.MAX_VALUE, behaviour);
  }

  /** For as many of them as given; the next are answered as before. */
  public void on(Object part, int times, Behaviour behaviour) {
    rules.addFirst(new Rule(part.toString(), new AtomicInteger(times), behaviour));
  }

  public List<Request> requests() {
    return List.copyOf(requests);
  }

  public List<Request> requests(Object part) {
    return requests.stream().filter(r -> r.target().contains(part.toString())).toList();
  }

  /** As a registry should. */
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
        return; // closed
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
