package io.jukung.image.push;

import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.pull.ImageInstaller;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.registry.RegistryClient;
import io.jukung.image.registry.RegistryException;
import io.jukung.image.registry.UploadSession;
import io.jukung.image.store.ImageRecord;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.Pin;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Pushes images from the store to registries. Blobs and manifests are sent byte for byte as they
 * were pulled, imported or made. Thread-safe.
 */
public final class ImagePusher {
  /** How many blobs of an image are on their way at once: as many as docker sends. */
  private static final int MAX_UPLOADS = 5;

  /** How many other repositories a push asks for the right to mount from. */
  private static final int MAX_SOURCES = 20;

  private final ImageStore store;
  private final RegistryClient registries;
  private final int partBytes;

  public ImagePusher(ImageStore store, RegistryClient registries) {
    this(store, registries, BlobUpload.PART_BYTES);
  }

  ImagePusher(ImageStore store, RegistryClient registries, int partBytes) {
    this.store = store;
    this.registries = registries;
    this.partBytes = partBytes;
  }

  /** Which of an image's platforms are pushed. */
  public enum Platforms {
    /** The one of this node. */
    OWN,
    /** All that the index names by which the image came here. */
    ALL
  }

  /**
   * Pushes an image under one of its names, which then has the digest of what was pushed.
   *
   * @param name the image's name, {@code latest} if it has no tag; the registry is the name's
   * @throws CriException with the kind that fits
   * @throws InterruptedException when the calling thread is interrupted; all work has ended then.
   *     The registry removes unfinished uploads in its own time
   */
  public PushedImage push(
      String name, Credentials credentials, Platforms platforms, PushListener listener)
      throws InterruptedException {
    ImageReference reference = ImageReference.parse(name);
    if (reference.digest().isPresent()) {
      throw CriException.invalidArgument(
          "push %s: an image is pushed by a tag, not by a digest".formatted(reference));
    }
    String action = "push " + reference;
    try (Pin pin = store.pin()) {
      ImageRecord image = store.pinned(reference.toString(), pin);
      PushPlan plan =
          switch (platforms) {
            case OWN -> PushPlan.ofImage(image, store.content());
            case ALL -> PushPlan.ofIndex(image, store.content());
          };
      plan.children().forEach(child -> pin.addBlob(child.digest()));
      plan.blobs().forEach(blob -> pin.addBlob(blob.digest()));
      push(plan, reference, credentials, listener);
      Digest top = plan.top().digest();
      store.addDigest(image.id(), reference.name(), top);
      return new PushedImage(reference.toString(), top, plan.top().content().length);
    } catch (IOException e) {
      throw ImageInstaller.explain(action, e);
    } catch (CriException e) {
      throw new CriException(e.kind(), action + ": " + e.getMessage(), e);
    }
  }

  private void push(
      PushPlan plan, ImageReference reference, Credentials credentials, PushListener listener)
      throws IOException, InterruptedException {
    Map<Digest, List<String>> sources = sources(plan, reference);
    List<String> repositories =
        sources.values().stream().flatMap(List::stream).distinct().limit(MAX_SOURCES).toList();
    UploadSession session = registries.openForPush(reference, credentials, repositories);
    plan.blobs().forEach(blob -> listener.blobNeeded(blob.digest(), blob.size()));
    upload(plan, session, sources, listener);
    for (PushPlan.Document child : plan.children()) {
      put(session, child.digest().toString(), child);
    }
    put(session, reference.tag().orElseThrow(), plan.top());
  }

  /**
   * Pushes an artifact that is no image of the store.
   *
   * @param reference has a tag, and no digest
   * @param manifest an OCI manifest
   * @param documents small blobs that the manifest names; like the others, they are in the store
   * @param layers the other blobs that the manifest names
   */
  public void pushArtifact(
      ImageReference reference, byte[] manifest, List<byte[]> documents, List<Descriptor> layers)
      throws IOException, InterruptedException {
    List<PushedBlob> blobs = new ArrayList<>();
    for (byte[] document : documents) {
      blobs.add(new PushedBlob(Digest.sha256(document), document.length, "document"));
    }
    layers.forEach(each -> blobs.add(new PushedBlob(each.digest(), each.size(), "layer")));
    PushPlan.Document top =
        new PushPlan.Document(Digest.sha256(manifest), MediaType.OCI_MANIFEST.text(), manifest);
    push(new PushPlan(blobs, List.of(), top), reference, Credentials.ANONYMOUS, PushListener.NONE);
  }

  /** The other repositories of the registry that have each blob, as far as this node knows. */
  private Map<Digest, List<String>> sources(PushPlan plan, ImageReference reference) {
    Map<Digest, List<String>> sources = new LinkedHashMap<>();
    for (PushedBlob blob : plan.blobs()) {
      TreeSet<String> known =
          new TreeSet<>(store.repositoriesWith(blob.digest(), reference.domain()));
      known.remove(reference.path());
      sources.put(blob.digest(), List.copyOf(known));
    }
    return sources;
  }

  private void upload(
      PushPlan plan,
      UploadSession session,
      Map<Digest, List<String>> sources,
      PushListener listener)
      throws IOException, InterruptedException {
    // Closing the executor waits for its threads, which an interrupt ends.
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            MAX_UPLOADS, Thread.ofVirtual().name("upload-", 0).factory())) {
      CompletionService<Void> uploads = new ExecutorCompletionService<>(threads);
      try {
        for (PushedBlob blob : plan.blobs()) {
          var upload = new BlobUpload(blob, store.content(), session, listener, partBytes);
          uploads.submit(
              () -> {
                named(
                    blob.toString(),
                    () -> upload.run(sources.getOrDefault(blob.digest(), List.of())));
                return null;
              });
        }
        for (int i = 0; i < plan.blobs().size(); i++) {
          uploads.take().get();
        }
      } catch (ExecutionException e) {
        throw cause(e);
      } finally {
        threads.shutdownNow();
      }
    }
  }

  private static IOException cause(ExecutionException e) throws IOException, InterruptedException {
    switch (e.getCause()) {
      case CriException known -> throw known;
      case InterruptedException interrupted -> throw interrupted;
      case IOException io -> throw io;
      case null, default -> throw new IOException("upload", e.getCause());
    }
  }

  private static void put(UploadSession session, String name, PushPlan.Document document)
      throws IOException, InterruptedException {
    named(
        "manifest " + document.digest(),
        () ->
            session.putManifest(name, document.digest(), document.mediaType(), document.content()));
  }

  @FunctionalInterface
  private interface Step {
    void run() throws IOException, InterruptedException;
  }

  /** Names the part of the image that a step is about in the step's failure. */
  private static void named(String part, Step step) throws IOException, InterruptedException {
    try {
      step.run();
    } catch (RegistryException e) {
      throw new CriException(e.kind(), part + ": " + e.getMessage(), e);
    } catch (CriException e) {
      throw new CriException(e.kind(), part + ": " + e.getMessage(), e);
    }
  }
}
