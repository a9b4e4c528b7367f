package io.jukung.image.pull;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.CriException;
import io.jukung.image.credentials.AuthFiles;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.registry.RegistryClient;
import io.jukung.image.registry.RegistryHosts;
import io.jukung.image.registry.RegistryTimeouts;
import io.jukung.image.signature.SignatureGate;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.ImageStoreSettings;
import io.jukung.image.store.StoredImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * An image store and a registry client in a directory of the test. Needs root, for the owners of
 * files.
 */
public final class PullFixture implements AutoCloseable {
  private static final Duration BOUND = Duration.ofSeconds(60);

  /** The default timeouts, with shorter waits. */
  public static final RegistryTimeouts PATIENT =
      new RegistryTimeouts(
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofMillis(20));

  private final Path directory;
  public final RegistryClient client;
  public final ImageStore store;
  public final SignatureGate gate = new SignatureGate(null);
  public final ImagePuller puller;

  public PullFixture(Path directory, RegistryTimeouts timeouts) throws IOException {
    this(directory, timeouts, ImageStoreSettings.of(directory.resolve("images")));
  }

  public PullFixture(Path directory, RegistryTimeouts timeouts, ImageStoreSettings settings)
      throws IOException {
    this(directory, timeouts, settings, Map.of());
  }

  /** A fixture whose pulls use the proxies of an environment. */
  public PullFixture(Path directory, Map<String, String> environment) throws IOException {
    this(directory, PATIENT, ImageStoreSettings.of(directory.resolve("images")), environment);
  }

  private PullFixture(
      Path directory,
      RegistryTimeouts timeouts,
      ImageStoreSettings settings,
      Map<String, String> environment)
      throws IOException {
    this.directory = directory;
    store = ImageStore.open(settings);
    client =
        new RegistryClient(
            new RegistryHosts(directory.resolve("certs.d")),
            new AuthFiles(List.of(directory.resolve("auth.json"))),
            environment,
            timeouts);
    puller = new ImagePuller(store, client, gate);
  }

  /** Writes the hosts.toml of a registry. */
  public void hosts(String registry, String toml) throws IOException {
    Path file =
        Files.createDirectories(directory.resolve("certs.d").resolve(registry))
            .resolve("hosts.toml");
    Files.writeString(file, toml);
  }

  public StoredImage pull(String reference) throws InterruptedException {
    return pull(reference, Credentials.ANONYMOUS);
  }

  public StoredImage pull(String reference, Credentials credentials) throws InterruptedException {
    return puller.pull(reference, credentials, PullListener.NONE, "test");
  }

  /** The directories of an image's layers, topmost first, with the layers mounted there. */
  public List<Path> mounted(String imageId) throws IOException {
    List<Path> lowerDirectories = store.acquire(imageId, "test").lowerDirectories();
    store.release("test");
    return lowerDirectories;
  }

  /** Pulls an image and returns the error that is expected. */
  public CriException refusal(String reference) throws InterruptedException {
    return refusal(reference, Credentials.ANONYMOUS);
  }

  public CriException refusal(String reference, Credentials credentials)
      throws InterruptedException {
    try {
      StoredImage image = pull(reference, credentials);
      throw new AssertionError("pull has succeeded: " + image.id());
    } catch (CriException e) {
      return e;
    }
  }

  /** Work on a thread of its own, which the test can interrupt. */
  public static final class Work<T> {
    private final FutureTask<T> task;
    public final Thread thread;

    Work(Callable<T> work) {
      task = new FutureTask<>(work);
      thread = Thread.ofVirtual().start(task);
    }

    public T get() throws Exception {
      return task.get(BOUND.toSeconds(), java.util.concurrent.TimeUnit.SECONDS);
    }
  }

  public static <T> Work<T> start(Callable<T> work) {
    return new Work<>(work);
  }

  public static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + BOUND.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waiting until " + what).isLessThan(end);
      Thread.sleep(5);
    }
  }

  /** Checks that failed pulls have left no file, blob, layer or thread. */
  public void assertNothingIsLeft() throws IOException {
    for (String name :
        List.of("temporary", "blobs/sha256", "blobs/sha512", "layers", "records", "leases")) {
      try (Stream<Path> files = Files.list(directory.resolve("images").resolve(name))) {
        assertThat(files).as(name).isEmpty();
      }
    }
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("layer-"));
  }

  public Path temporary() {
    return directory.resolve("images/temporary");
  }

  @Override
  public void close() {
    client.close();
  }
}
