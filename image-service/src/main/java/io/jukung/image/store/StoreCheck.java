package io.jukung.image.store;

import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.install.WantedLayer;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.LayerStore;
import io.jukung.image.layer.SharedTree;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Checks every byte of the store, and repairs it on request: blobs are hashed, layers are compared
 * with their blobs, and files that belong to nothing are removed. A layer that containers use is
 * not changed. Thread-safe; pulls and containers can go on during a check.
 */
public final class StoreCheck {
  private final ImageStore store;
  private final Repull repull;

  /**
   * Something that is wrong in the store.
   *
   * @param subject as in {@code layer sha256:…}
   * @param problem as in {@code is missing}
   * @param imageIds the images that need the content
   * @param outcome what was done, or why nothing was done
   */
  public record Finding(
      String subject, String problem, Set<String> imageIds, boolean repaired, String outcome) {}

  /** Pulls an image again by one of its names. */
  @FunctionalInterface
  public interface Repull {
    void pull(String reference) throws InterruptedException;
  }

  public StoreCheck(ImageStore store, Repull repull) {
    this.store = store;
    this.repull = repull;
  }

  /**
   * Checks everything.
   *
   * @param sink receives each finding, after the attempt to repair it
   */
  public void run(boolean repair, Consumer<Finding> sink) throws IOException, InterruptedException {
    for (Digest digest : store.content().digests()) {
      checkBlob(digest, repair, sink);
    }
    Set<ChainId> seen = new HashSet<>();
    for (ImageRecord image : store.records()) {
      checkImage(image, repair, seen, sink);
    }
    for (String stray : store.strays(repair)) {
      String outcome = repair ? "removed" : "not repaired";
      sink.accept(new Finding("file " + stray, "is nobody's", Set.of(), repair, outcome));
    }
    checkAside(repair, sink);
  }

  /** Finds the damaged records of images that the opening of the store has set aside. */
  private void checkAside(boolean repair, Consumer<Finding> sink) throws IOException {
    List<Path> records;
    try (Stream<Path> files = Files.list(store.directories().aside())) {
      records = files.sorted().toList();
    }
    for (Path record : records) {
      if (repair) {
        Files.deleteIfExists(record);
      }
      String outcome = repair ? "removed; the image can be pulled again" : "not repaired";
      sink.accept(
          new Finding(
              "image record " + record, "was damaged and set aside", Set.of(), repair, outcome));
    }
  }

  private void checkBlob(Digest digest, boolean repair, Consumer<Finding> sink) throws IOException {
    String problem;
    boolean removable = true;
    try (InputStream in = store.content().open(digest)) {
      Digest actual = hash(in, digest.algorithm());
      if (actual.equals(digest)) {
        return;
      }
      problem = "is corrupt";
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      if (!store.content().contains(digest)) {
        return; // its image was removed meanwhile
      }
      problem = "cannot be read: " + e.getMessage();
      // How Java reports any failure to open a file, such as EMFILE: that is not the blob's fault.
      removable = !(e instanceof FileNotFoundException) || store.directories().lacks(digest);
    }
    boolean removed = repair && removable;
    if (removed) {
      store.content().detach(digest).finish(); // the check of its images finds it missing then
    }
    String outcome = removed ? "removed" : "not repaired";
    sink.accept(new Finding("blob " + digest, problem, users(digest), removed, outcome));
  }

  private Set<String> users(Digest digest) {
    Set<String> ids = new HashSet<>();
    for (ImageRecord image : store.records()) {
      if (image.blobs().contains(digest)) {
        ids.add(image.id());
      }
    }
    return ids;
  }

  private void checkImage(
      ImageRecord image, boolean repair, Set<ChainId> seen, Consumer<Finding> sink)
      throws IOException, InterruptedException {
    try (Pin pin = store.pin()) {
      store.pinned(image.id(), pin);
      checkBlobsOf(image, repair, sink);
      List<WantedLayer> wanted;
      try {
        wanted = store.restorer().wanted(image);
      } catch (IOException e) {
        if (!repair) {
          return; // reported already: one of its blobs is missing
        }
        sink.accept(
            new Finding(
                "image " + image.id(),
                "has layers that cannot be checked",
                Set.of(image.id()),
                false,
                String.valueOf(e.getMessage())));
        return;
      }
      List<SharedTree> below = new ArrayList<>();
      try {
        for (WantedLayer layer : wanted) {
          if (seen.add(layer.chainId())) {
            checkLayer(image, layer, below, repair, sink);
          }
          LayerStore layers = store.layers();
          layers
              .find(layer.chainId())
              .ifPresent(present -> below.add(new SharedTree(() -> layers.openTree(present))));
        }
      } finally {
        below.forEach(SharedTree::close);
      }
    }
  }

  private void checkBlobsOf(ImageRecord image, boolean repair, Consumer<Finding> sink)
      throws IOException, InterruptedException {
    ContentStore content = store.content();
    for (Digest digest : image.blobs()) {
      if (content.contains(digest)) {
        continue;
      }
      String outcome = "not repaired";
      if (repair) {
        outcome = fetchAgain(image);
      }
      boolean repaired = content.contains(digest);
      sink.accept(
          new Finding(
              "blob " + digest,
              "is missing",
              Set.of(image.id()),
              repaired,
              repaired ? "pulled again" : outcome));
    }
  }

  /** Pulls the image again, which fetches the blobs that are missing. */
  private String fetchAgain(ImageRecord image) throws InterruptedException {
    List<String> names = new ArrayList<>(image.repoDigests());
    names.addAll(image.repoTags());
    if (names.isEmpty()) {
      return "the image has no name to pull it by";
    }
    try {
      repull.pull(names.getFirst());
      return "the registry has another image by that name now";
    } catch (RuntimeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private void checkLayer(
      ImageRecord image,
      WantedLayer layer,
      List<SharedTree> below,
      boolean repair,
      Consumer<Finding> sink)
      throws IOException, InterruptedException {
    LayerRestorer restorer = store.restorer();
    Optional<String> problem;
    boolean comparable = true;
    try {
      problem = restorer.damage(layer, below);
    } catch (IOException e) {
      problem = Optional.of("cannot be compared with its blob: " + e.getMessage());
      comparable = false;
    }
    if (problem.isEmpty()) {
      return;
    }
    boolean repaired = false;
    String outcome = "not repaired";
    if (repair && comparable) {
      Set<String> users = store.usersOf(layer.chainId());
      if (!users.isEmpty() && restorer.ensureMounted(layer.chainId())) {
        outcome = "not repaired: in use by " + String.join(", ", users);
      } else {
        LayerStore layers = store.layers();
        layers.detach(layer.chainId()).finish();
        restorer.restore(image);
        repaired = true;
        outcome = "unpacked again";
      }
    }
    sink.accept(
        new Finding(
            "layer " + layer.chainId(), problem.get(), Set.of(image.id()), repaired, outcome));
  }

  private static Digest hash(InputStream in, Digest.Algorithm algorithm) throws IOException {
    MessageDigest computation = algorithm.start();
    byte[] buffer = new byte[256 * 1024];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      computation.update(buffer, 0, count);
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("check of a blob");
      }
    }
    return Digest.of(algorithm, computation);
  }
}
